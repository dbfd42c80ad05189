package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.disk.DiskFormat;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Metrics;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Wire;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is told to end. */
final class ShutdownIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String BODY = "{\"name\":\"renamed\"}";

  @TempDir private Path directory;

  @Test
  void aRequestUnderWayFinishesAndNewOnesAreRefused() throws Exception {
    try (var server = RunningServer.start(directory.resolve("data"));
        var seed = Seed.of(server)) {
      var machine =
          seed.machine("default", "m", Disks.random(directory.resolve("d"), 4096, 4096), 4096);
      try (var underWay = new Wire(server.url());
          var late = new Wire(server.url())) {
        underWay.send(head(server, "PUT", "/v1/machines/" + machine, BODY.length()));
        underWay.send(BODY.substring(0, 5));
        // The connection is there before the end begins: after it none is taken.
        late.send(head(server, "GET", "/v1/health", 0));
        assertThat(late.some(LIMIT)).startsWith("HTTP/1.1 200").endsWith("\"HEALTHY\"");
        awaitUnderWay(server);

        var ended = CompletableFuture.supplyAsync(() -> terminated(server));
        String refused =
            await()
                .atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(
                    () -> {
                      late.send(head(server, "GET", "/v1/machines", 0));
                      return late.some(LIMIT);
                    },
                    answer -> !answer.startsWith("HTTP/1.1 200"));
        assertThat(refused)
            .startsWith("HTTP/1.1 503")
            .containsIgnoringCase("\r\nRetry-After: ")
            .contains("\"INTERNAL_SERVER_ERROR\"", "shutting down");

        underWay.send(BODY.substring(5));
        assertThat(underWay.rest(LIMIT)).startsWith("HTTP/1.1 200").contains("renamed");
        assertThat(ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
            .isLessThan(RunningServer.END_LIMIT);
      }
      assertThat(server.log()).doesNotContain("ERROR", "WARN");
      server.startAgain();
      var renamed = server.client().get("/machines/" + machine).ok();
      assertThat(renamed.path("name").asText()).isEqualTo("renamed");
    }
  }

  @Test
  void aRequestThatTakesTooLongDoesNotHoldUpTheEnd() throws Exception {
    try (var server = RunningServer.start(directory.resolve("data"));
        var stuck = new Wire(server.url())) {
      stuck.send(head(server, "POST", "/v1/machines", 100)).send("{");
      awaitUnderWay(server);
      assertThat(server.terminate()).isLessThan(RunningServer.END_LIMIT);
      assertThat(server.log()).contains("1 requests are cut off");
    }
  }

  @Test
  void afterTheEndTheDatabaseIsOneFileAndGivenUpAndTheStoreKnowsTheLastChange() throws Exception {
    Path data = directory.resolve("data");
    try (var server = RunningServer.start(data)) {
      var template = captured(server);
      server.client().put("/custom-templates/" + template, Map.of("name", "last")).ok();
      server.terminate();
      assertThat(data.resolve("manifest").resolve(template + ".json"))
          .content()
          .contains("\"name\":\"last\"");
      assertThat(data.resolve("platen.db-wal")).doesNotExist();
      try (var connection =
              DriverManager.getConnection("jdbc:sqlite:" + data.resolve("platen.db"));
          var query = connection.createStatement();
          var row = query.executeQuery("SELECT dt_heartbeat IS NULL FROM node")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getBoolean(1)).as("given up").isTrue();
      }
    }
  }

  private String captured(RunningServer server) throws Exception {
    var disk = Disks.random(directory.resolve("d"), 4096, 4096);
    try (var seed = Seed.of(server)) {
      return server.client().captured(seed.adopt(disk, DiskFormat.RAW), "before");
    }
  }

  private static void awaitUnderWay(RunningServer server) {
    // The request that asks is under way too.
    var metrics = new Client(server.url(), null);
    await().atMost(LIMIT).until(() -> Metrics.of(metrics).value("platen_requests_active") == 2);
  }

  private static String head(RunningServer server, String method, String path, int length) {
    var lines =
        List.of(
            method + " " + path + " HTTP/1.1",
            "Host: platen",
            "Authorization: Bearer " + server.key(),
            "Content-Length: " + length);
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  private static Duration terminated(RunningServer server) {
    try {
      return server.terminate();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
