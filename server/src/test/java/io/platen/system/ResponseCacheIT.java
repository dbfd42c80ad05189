package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Metrics;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers that are given again: only the same ones, to the same team, while nothing changed. */
final class ResponseCacheIT {
  private static final String STATEMENTS = "platen_sql_statements_total";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  private String machine(RunningServer server, String team, String name) throws Exception {
    try (var seed = Seed.of(server)) {
      Path disk = Files.createTempFile(root, "disk", ".raw");
      return seed.machine(team, name, Disks.random(disk, 1 << 20, 1 << 20), 1 << 20);
    }
  }

  private static double statements(Client client) {
    return Metrics.of(client).value(STATEMENTS);
  }

  @Test
  void anAnswerIsGivenAgainWithoutTheDatabaseUntilSomethingIsCommitted() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"))) {
      var client = server.client();
      String id = machine(server, "default", "first");
      for (String path : new String[] {"/machines", "/machines/" + id, "/machine-events?limit=5"}) {
        var made = client.get(path);
        made.ok();
        // What else runs in the server may look into the database now and then.
        await(path + " answered without the database")
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> {
                  double before = statements(client);
                  var again = client.get(path);
                  assertThat(again.text()).isEqualTo(made.text());
                  assertThat(again.headers().map().keySet())
                      .isEqualTo(made.headers().map().keySet());
                  assertThat(again.headers().firstValue("content-type"))
                      .isEqualTo(made.headers().firstValue("content-type"));
                  return statements(client) == before;
                });
      }
      for (int i = 0; i < 20; i++) {
        String name = "name " + i;
        client.put("/machines/" + id, Map.of("name", name)).ok();
        assertThat(client.get("/machines/" + id).ok().path("name").asText()).isEqualTo(name);
        assertThat(client.get("/machines").ok().at("/items/0/name").asText()).isEqualTo(name);
      }
    }
  }

  @Test
  void whatAnotherProcessCommitsIsSeenAtOnce() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"))) {
      var client = server.client();
      client.get("/machines").ok();
      for (int i = 1; i <= 5; i++) {
        machine(server, "default", "machine " + i);
        assertThat(client.get("/machines").ok().path("items")).hasSize(i);
        assertThat(client.get("/machines").ok().path("items")).hasSize(i);
      }
    }
  }

  @Test
  void aTeamGetsItsOwnAnswersOnly() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"));
        var seed = Seed.of(server)) {
      String id = machine(server, "default", "ours");
      var owner = server.client();
      var stranger = server.client(seed.key("strangers"));
      for (int i = 0; i < 3; i++) {
        owner.get("/machines/" + id).ok();
        assertThat(owner.get("/machines").ok().path("items")).hasSize(1);
        stranger.get("/machines/" + id).error(404, "NOT_FOUND");
        assertThat(stranger.get("/machines").ok().path("items")).isEmpty();
        server.client("no-such-key").get("/machines/" + id).error(401, "UNAUTHORIZED");
        // Which of two keys a proxy in front looks at is not known.
        owner
            .send("GET", "/machines/" + id, null, "Authorization", "Bearer no-such-key")
            .error(401, "UNAUTHORIZED");
      }
    }
  }

  @Test
  void whatIsGivenAgainIsInTheMetricsLikeTheRest() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"))) {
      var client = server.client();
      for (int i = 0; i < 5; i++) {
        client.get("/machines").ok();
      }
      var count =
          "http_server_requests_seconds_count{method=\"GET\",status=\"200\",uri=\"/v1/machines\"}";
      await("every request is counted")
          .until(() -> Metrics.of(client).values().getOrDefault(count, 0.0).equals(5.0));
    }
  }
}
