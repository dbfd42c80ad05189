package io.platen.http;

import io.platen.config.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.SSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The certificate and key that the server shows, read again when their files change. */
final class ServerCertificate {
  /** What the older versions that Java still knows have against them: RFC 8996. */
  private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

  /** That of Vert.x, for a store that is in memory only. */
  private static final char[] STORE_PASSWORD = "dummdummydummydummydummydummydummy".toCharArray();

  private final TlsFiles files;
  private final Vertx vertx;
  private @Nullable Buffer certificate;
  private @Nullable Buffer key;
  private String sha256 = "";

  ServerCertificate(TlsFiles files, Vertx vertx) {
    this.files = files;
    this.vertx = vertx;
  }

  /**
   * What TLS is spoken with from now on; empty where the files hold what they held the time before.
   *
   * @throws IOException where they hold no certificate with its key; the message says why
   */
  synchronized Optional<SSLOptions> read() throws IOException {
    var newCertificate = Buffer.buffer(Files.readAllBytes(files.certificate()));
    var newKey = Buffer.buffer(Files.readAllBytes(files.key()));
    if (newCertificate.equals(certificate) && newKey.equals(key)) {
      return Optional.empty();
    }
    var pair = new PemKeyCertOptions().addCertValue(newCertificate).addKeyValue(newKey);
    sha256 = check(pair);
    certificate = newCertificate;
    key = newKey;
    return Optional.of(
        new SSLOptions().setKeyCertOptions(pair).setEnabledSecureTransportProtocols(PROTOCOLS));
  }

  /** The SHA-256 of the certificate, in hexadecimal. */
  synchronized String sha256() {
    return sha256;
  }

  /**
   * A key that is not the certificate's would be noticed by the first client only.
   *
   * @return the SHA-256 of the certificate
   */
  private String check(PemKeyCertOptions pair) throws IOException {
    try {
      String found = "";
      var store = pair.loadKeyStore(vertx);
      for (var alias : Collections.list(store.aliases())) {
        if (!isPair(store, alias)) {
          throw new IOException(
              "%s holds no key of the certificate in %s"
                  .formatted(files.key(), files.certificate()));
        }
        found =
            HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(store.getCertificate(alias).getEncoded()));
      }
      return found;
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(
          "%s and %s are no certificate and key in PEM: %s"
              .formatted(files.certificate(), files.key(), e.getMessage()),
          e);
    }
  }

  private static boolean isPair(KeyStore store, String alias) throws GeneralSecurityException {
    var chain = store.getCertificate(alias);
    if (!(store.getKey(alias, STORE_PASSWORD) instanceof PrivateKey secret) || chain == null) {
      return false;
    }
    String algorithm =
        switch (secret.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> secret.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    var signing = Signature.getInstance(algorithm);
    signing.initSign(secret);
    signing.update(text);
    byte[] signature = signing.sign();
    var verifying = Signature.getInstance(algorithm);
    try {
      verifying.initVerify(chain.getPublicKey());
      verifying.update(text);
      return verifying.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
