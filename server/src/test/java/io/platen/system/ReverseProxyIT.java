package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Certificates;
import io.platen.support.Client;
import io.platen.support.Ports;
import io.platen.support.RunningServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behind nginx, with the configuration that the documentation gives. */
final class ReverseProxyIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private Path nginxConfiguration(Path certificate, Path key, int port, int behind)
      throws Exception {
    var documented = Files.readString(Path.of("..", "docs", "proxy", "nginx.conf"));
    var block =
        documented
            .replace("listen 443", "listen 127.0.0.1:" + port)
            .replace("/etc/ssl/platen.pem", certificate.toString())
            .replace("/etc/ssl/platen.key", key.toString())
            .replace("127.0.0.1:8080", "127.0.0.1:" + behind);
    return Files.writeString(
        root.resolve("nginx.conf"),
        """
        daemon off; pid %1$s/nginx.pid; error_log stderr; user root;
        events {}
        http {
          access_log off;
          client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f;
          uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
          %2$s
        }
        """
            .formatted(root, block));
  }

  @Test
  void requestsPassAndTheAccessLogKnowsWhoseTheyAre() throws Exception {
    var certificate = root.resolve("platen.pem");
    var key = root.resolve("platen.key");
    Certificates.make(certificate, key, "front");
    try (var server =
        RunningServer.start(
            root.resolve("data"),
            List.of(),
            Map.of("PLATEN_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1"))) {
      int port = Ports.free();
      var configuration = nginxConfiguration(certificate, key, port, server.url().getPort());
      var nginx =
          new ProcessBuilder("nginx", "-c", configuration.toString())
              .redirectErrorStream(true)
              .redirectOutput(root.resolve("nginx.log").toFile())
              .start();
      try (var client =
          HttpClient.newBuilder().sslContext(Certificates.trusting(certificate)).build()) {
        var front = URI.create("https://127.0.0.1:" + port);
        await("nginx")
            .atMost(LIMIT)
            .ignoreExceptions()
            .until(
                () ->
                    client
                            .send(
                                request(front, server, "/v1/health").build(),
                                BodyHandlers.ofString())
                            .statusCode()
                        == 200);
        // Whatever a client claims stands before what the proxy adds.
        var list =
            client.send(
                request(front, server, "/v1/machines")
                    .header("X-Forwarded-For", "203.0.113.9, 192.0.2.1")
                    .build(),
                BodyHandlers.ofString());
        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(Client.JSON.readTree(list.body()).path("items").isArray()).isTrue();
        await("the line of the access log")
            .atMost(LIMIT)
            .until(() -> server.log().contains("\"remote\":\"192.0.2.1\""));
        assertThat(server.log()).doesNotContain("203.0.113.9");

        var large =
            client.send(
                request(front, server, "/v1/custom-templates")
                    .POST(BodyPublishers.ofByteArray(new byte[(1 << 20) + 1]))
                    .build(),
                BodyHandlers.ofString());
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(Client.JSON.readTree(large.body()).path("code").asText())
            .isEqualTo("PAYLOAD_TOO_LARGE");
        for (int i = 0; i < 100; i++) {
          assertThat(
                  client
                      .send(request(front, server, "/v1/health").build(), BodyHandlers.ofString())
                      .body())
              .isEqualTo("\"HEALTHY\"");
        }
      } finally {
        nginx.destroy();
        nginx.waitFor();
      }
    }
  }

  private static HttpRequest.Builder request(URI front, RunningServer server, String path) {
    return HttpRequest.newBuilder(front.resolve(path))
        .header("Authorization", "Bearer " + server.key());
  }
}
