package io.platen.notice;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that signs notices, in the form of the Standard Webhooks specification: {@code whsec_}
 * and 24 to 64 bytes in Base64 (https://github.com/standard-webhooks/standard-webhooks).
 */
final class SigningSecret {
  private static final String PREFIX = "whsec_";
  private static final int LEAST = 24;
  private static final int MOST = 64;
  private static final int MAX_FILE = 4096;
  private static final String ALGORITHM = "HmacSHA256";

  private final byte[] key;

  private SigningSecret(byte[] key) {
    this.key = key;
  }

  /**
   * Reads it.
   *
   * @throws IOException where there is none, or others may read it; the message says what to do,
   *     and holds nothing of the file
   */
  static SigningSecret read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        throw new IOException("%s can be read by all users: chmod o-r %s".formatted(file, file));
      }
      bytes = in.readNBytes(MAX_FILE);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "%s, which notify.secretFile names, is missing; to make one: (umask 077; echo \"whsec_$(openssl rand -base64 32)\" > %s)"
              .formatted(file, file),
          e);
    }
    return of(new String(bytes, StandardCharsets.UTF_8).strip(), file.toString());
  }

  static SigningSecret of(String text, String place) throws IOException {
    if (text.startsWith(PREFIX)) {
      try {
        byte[] key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
        if (key.length >= LEAST && key.length <= MOST) {
          return new SigningSecret(key);
        }
      } catch (IllegalArgumentException e) {
        // The decoder's message quotes the secret.
        throw new IOException(required(place));
      }
    }
    throw new IOException(required(place));
  }

  private static String required(String place) {
    return "%s must hold %s and %d to %d bytes in Base64".formatted(place, PREFIX, LEAST, MOST);
  }

  /** The value of the header {@code webhook-signature}. */
  String sign(String id, Instant time, String body) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      String signed = id + "." + time.getEpochSecond() + "." + body;
      byte[] signature = mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }
}
