package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: what is under way finishes, nothing new begins. */
final class ShutdownIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  private static CompletableFuture<Duration> terminate(RunningServer server) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return server.terminate();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void requestsUnderWayFinishAndNewOnesAreToldToComeBack() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"));
        var underWay = new Wire(server.url());
        var idle = new Wire(server.url())) {
      idle.send("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(idle.some(Duration.ofSeconds(10))).startsWith("HTTP/1.1 200 ");
      underWay.send(
          "PUT /v1/machines/ps1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{"
              .formatted(server.key()));
      var ended = terminate(server);
      String refused = "";
      for (int i = 0; i < 100 && !refused.startsWith("HTTP/1.1 503 "); i++) {
        try (var fresh = new Wire(server.url())) {
          fresh.send("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
          refused = fresh.some(Duration.ofSeconds(10));
        }
      }
      assertThat(refused)
          .startsWith("HTTP/1.1 503 ")
          .containsIgnoringCase("retry-after: 5")
          .contains("shutting down");
      underWay.send("}");
      // It was taken in before: it gets its own answer, not a 503.
      assertThat(underWay.some(Duration.ofSeconds(10))).startsWith("HTTP/1.1 404 ");
      assertThat(ended.get()).isLessThan(RunningServer.END_LIMIT);
    }
  }

  @Test
  void aRequestThatDoesNotFinishHoldsTheEndUpForThreeSecondsOnly() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"));
        var stuck = new Wire(server.url())) {
      stuck.send("PUT /v1/machines/ps1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{");
      new Client(server.url(), null).get("/health").ok();
      assertThat(server.terminate()).isLessThan(RunningServer.END_LIMIT);
      assertThat(server.log()).contains("1 requests are cut off");
    }
  }
}
