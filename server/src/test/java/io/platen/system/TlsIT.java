package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.App;
import io.platen.support.Certificates;
import io.platen.support.RunningServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS, with a certificate that is replaced while the server runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern PLAIN = Pattern.compile("(http://127.0.0.1:\\d+) is for this host");

  private final Path root;
  private final Path certificate;
  private final Path key;
  private final RunningServer server;

  TlsIT(@TempDir Path root) throws Exception {
    this.root = root;
    certificate = root.resolve("platen.pem");
    key = root.resolve("platen.key");
    Certificates.make(certificate, key, "first");
    server =
        RunningServer.start(
            root.resolve("data"), "--config", config(certificate, key, "  plainPort: 0\n"));
  }

  @AfterAll
  void end() throws Exception {
    server.close();
  }

  private String config(Path pem, Path secret, String more) throws IOException {
    var file = Files.createTempFile(root, "platen", ".yaml");
    return Files.writeString(
            file, "tls:\n  certificate: %s\n  key: %s\n%s".formatted(pem, secret, more))
        .toString();
  }

  private static HttpResponse<String> health(HttpClient client, URI server) throws Exception {
    return client.send(
        HttpRequest.newBuilder(server.resolve("/v1/health")).build(), BodyHandlers.ofString());
  }

  private String shownName() throws Exception {
    try (var client =
        HttpClient.newBuilder().sslContext(Certificates.trusting(certificate)).build()) {
      var shown = health(client, server.url()).sslSession().orElseThrow().getPeerCertificates()[0];
      return ((X509Certificate) shown).getSubjectX500Principal().getName();
    }
  }

  private void speak(String protocol) throws Exception {
    var factory = Certificates.trusting(certificate).getSocketFactory();
    var url = server.url();
    try (var socket = (SSLSocket) factory.createSocket(url.getHost(), url.getPort())) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
    }
  }

  @Test
  void clientsSpeakTlsAndThisHostMaySpeakPlainHttp() throws Exception {
    assertThat(server.url().getScheme()).isEqualTo("https");
    speak("TLSv1.2");
    speak("TLSv1.3");
    var plain = PLAIN.matcher(server.log());
    assertThat(plain.find()).isTrue();
    try (var client = HttpClient.newHttpClient()) {
      assertThat(health(client, URI.create(plain.group(1))).body()).isEqualTo("\"HEALTHY\"");
    }
  }

  @Test
  void aReplacedCertificateIsShownAndABrokenOneIsNot() throws Exception {
    assertThat(shownName()).isEqualTo("CN=first");
    Files.writeString(certificate, "no certificate");
    await("the broken file to be read")
        .atMost(LIMIT)
        .until(() -> server.log().contains("the certificate stays as it was"));
    Certificates.make(certificate, key, "second");
    await("the new certificate")
        .atMost(LIMIT)
        .ignoreExceptionsInstanceOf(SSLException.class)
        .ignoreExceptionsInstanceOf(SSLHandshakeException.class)
        .until(() -> shownName().equals("CN=second"));
    // For what else is tested here.
    Certificates.make(certificate, key, "first");
    await("the old name")
        .atMost(LIMIT)
        .ignoreExceptionsInstanceOf(SSLException.class)
        .until(() -> shownName().equals("CN=first"));
  }

  private String refused(String config) throws Exception {
    var ended =
        App.run("serve", "--data", root.resolve("other") + "", "--port", "0", "--config", config);
    assertThat(ended.status()).isEqualTo(1);
    return ended.err();
  }

  @Test
  void whereOtherHostsReachItWithoutTlsItWarns() throws Exception {
    try (var open = RunningServer.start(root.resolve("open"), "--host", "0.0.0.0")) {
      assertThat(open.log()).contains("without TLS, so keys can be read on the way");
    }
    assertThat(server.log()).doesNotContain("without TLS, so keys");
  }

  @Test
  void filesThatAreNoPairAreRefusedAtTheStart() throws Exception {
    var other = root.resolve("other.key");
    Certificates.make(root.resolve("other.pem"), other, "other");
    var pair = root.resolve("pair.pem");
    Files.copy(root.resolve("other.pem"), pair);
    Certificates.make(root.resolve("third.pem"), other, "third");
    assertThat(refused(config(pair, other, "")))
        .contains(other + " holds no key of the certificate");
    assertThat(refused(config(root.resolve("missing.pem"), other, ""))).contains("missing.pem");
  }
}
