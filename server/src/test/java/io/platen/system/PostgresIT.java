package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The server on PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path root;
  private final PrivatePostgres postgres;
  private final RunningServer server;
  private final Seed seed;

  PostgresIT(@TempDir Path root) throws Exception {
    this.root = root;
    postgres = PrivatePostgres.start();
    Path config =
        Files.writeString(root.resolve("platen.yaml"), "database: " + postgres.url() + "\n");
    server = RunningServer.start(root.resolve("data"), "--config", config.toString());
    seed = Seed.of(server, config);
  }

  @AfterAll
  void end() throws Exception {
    seed.close();
    server.close();
    postgres.remove();
  }

  private String machine(String team, String name) throws Exception {
    Path disk = Files.createTempFile(root, "disk", ".raw");
    return seed.machine(team, name, Disks.random(disk, 1 << 20, 1 << 20), 1 << 20);
  }

  @Test
  void aMachineIsCapturedAndLaunchedAndBothAreDeleted() throws Exception {
    assertThat(server.data().resolve("platen.db")).doesNotExist();
    var client = server.client();
    Path disk = Disks.random(root.resolve("flow.raw"), 4 << 20, 4 << 20);
    var machine = seed.machine("default", "m", disk, 4 << 20);
    var template = client.captured(machine, "golden");
    Disks.assertHolds(server.data(), template, disk);
    var copy = client.launched(template, 50, "copy");
    client.put("/custom-templates/" + template, Map.of("name", "renamed")).ok();
    assertThat(client.get("/custom-templates?name=NAME&machineId=" + machine).ok().path("items"))
        .hasSize(1);
    client.awaitDone(client.delete("/machines/" + copy).ok());
    client.delete("/custom-templates/" + template).ok();
    assertThat(client.get("/custom-templates").ok().path("items")).isEmpty();

    var body = Map.of("machineId", machine, "name", "once");
    var first = client.send("POST", "/custom-templates", body, "Idempotency-Key", "k").ok();
    assertThat(client.send("POST", "/custom-templates", body, "Idempotency-Key", "k").ok())
        .isEqualTo(first);
    client.awaitDone(first);
  }

  @Test
  void aWalkMeetsEachMachineOnceAndByCodePointWhateverIsRenamed() throws Exception {
    var client = server.client(seed.key("walk"));
    var names = List.of("a", "B", "Z", "b", "ä", "\uD83D\uDE00", "\uFFFD", "a_", "a%");
    var ids = new ArrayList<String>();
    for (var name : names) {
      ids.add(machine("walk", name));
    }
    var seen = new ArrayList<String>();
    String after = "";
    for (boolean more = true; more; ) {
      var page = client.get("/machines?limit=2&orderBy=name&order=asc" + after).ok();
      page.path("items").forEach(item -> seen.add(item.path("name").asText()));
      more = page.path("hasMore").asBoolean();
      after = "&after=" + page.path("nextPage").asText();
      if (seen.size() == 2) {
        // From behind the walk to before it, and back.
        client.put("/machines/" + ids.get(4), Map.of("name", "0")).ok();
        client.put("/machines/" + ids.get(4), Map.of("name", "ä")).ok();
      }
    }
    assertThat(seen).containsExactly("B", "Z", "a", "a%", "a_", "b", "ä", "\uFFFD", "\uD83D\uDE00");
    assertThat(client.get("/machines?name=" + Client.encode("_")).ok().path("items")).hasSize(1);
    assertThat(client.get("/machines?name=" + Client.encode("Ä")).ok().path("items")).hasSize(1);
  }

  @Test
  void textThatPostgresqlDoesNotTakeIsNoFailure() {
    var client = server.client();
    for (var path : List.of("/machines/%00", "/custom-templates/a%00b", "/machine-events/%00")) {
      client.get(path).error(404, "NOT_FOUND");
    }
    client.delete("/machines/%00").error(404, "NOT_FOUND");
    client.get("/machines/%ed%a0%80%ff").error(404, "NOT_FOUND");
    client.get("/machines?name=%00").error(400, "BAD_REQUEST");
    client
        .post("/custom-templates", "{\"machineId\":\"\\u0000\",\"name\":\"n\"}")
        .error(400, "BAD_REQUEST");
    client
        .post("/custom-templates", "{\"machineId\":\"\\ud800\",\"name\":\"n\"}")
        .error(404, "NOT_FOUND");
  }

  @Test
  void aDatabaseThatIsGoneForAWhileIsTakenUpAgain() throws Exception {
    var client = server.client();
    var machine = machine("default", "first");
    client.get("/machines/" + machine).ok();
    postgres.stop();
    try {
      var answer = client.put("/machines/" + machine, Map.of("name", "second"));
      answer.error(503, "INTERNAL_SERVER_ERROR");
      assertThat(answer.headers().firstValue("retry-after")).isPresent();
      client.get("/health").ok();
      // What is done regularly says once that it waits.
      await().atMost(LIMIT).until(() -> server.log().contains("has to wait"));
    } finally {
      postgres.startAgain();
    }
    await().atMost(LIMIT).until(() -> client.get("/machines/" + machine).status() == 200);
    assertThat(client.get("/machines/" + machine).ok().path("name").asText()).isEqualTo("first");
    client.put("/machines/" + machine, Map.of("name", "third")).ok();
    // The jobs go on as well.
    client.captured(machine, "after");
  }
}
