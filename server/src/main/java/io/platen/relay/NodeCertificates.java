package io.platen.relay;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts the certificates that nodes are said to show, and no others: each by its SHA-256, which
 * the node itself has written into the database. So it matters neither who signed a certificate nor
 * which name it is for.
 */
final class NodeCertificates extends X509ExtendedTrustManager {
  private static final int HTTPS = 443;

  /** By {@code host:port}. */
  private final ConcurrentHashMap<String, String> expected = new ConcurrentHashMap<>();

  /**
   * Says which certificate is shown at an address.
   *
   * @param port negative for that of HTTPS
   * @param sha256 in hexadecimal
   */
  void expect(String host, int port, String sha256) {
    expected.put(place(host, port < 0 ? HTTPS : port), sha256);
  }

  private static String place(String host, int port) {
    return host + ":" + port;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    String place = place(engine.getPeerHost(), engine.getPeerPort());
    if (!sha256(chain[0]).equals(expected.get(place))) {
      throw new CertificateException(
          "the certificate at %s is not the one that the node there has written into the database"
              .formatted(place));
    }
  }

  private static String sha256(X509Certificate certificate) throws CertificateException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw unknown();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw unknown();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw unknown();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw unknown();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw unknown();
  }

  private static CertificateException unknown() {
    return new CertificateException("it is not known whose certificate this should be");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
