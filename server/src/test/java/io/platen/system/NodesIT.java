package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.TcpProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes on one PostgreSQL, each with a data directory of its own; the second one's way to the
 * database can be cut. The template is in the first one's store, and all have its base image.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class NodesIT {
  private static final int BYTES = 2 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** From a node's last sign of life until none of its events waits for it. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final Path root;
  private final PrivatePostgres postgres;
  private final TcpProxy proxy;
  private final Map<String, RunningServer> nodes = new TreeMap<>();
  private final String template;

  NodesIT(@TempDir Path root) throws Exception {
    this.root = root;
    postgres = PrivatePostgres.start();
    proxy = new TcpProxy(postgres.port());
    var first = RunningServer.start(root.resolve("a"), "--config", config("a", postgres.url()));
    nodes.put("a", first);
    nodes.put("b", start("b", postgres.url().replace(":" + postgres.port(), ":" + proxy.port())));
    nodes.put("c", start("c", postgres.url()));
    try (var seed = Seed.of(first, root.resolve("a.yaml"))) {
      Path raw = Disks.random(root.resolve("golden.raw"), BYTES, 1);
      // Asked of another node than the one that has the machine, and the disk.
      template = node("b").client().captured(seed.adopt(raw, DiskFormat.RAW), "golden");
    }
    node("c").client().launched(template, 50, "first");
    giveBaseImage();
  }

  private String config(String name, String url) throws Exception {
    return Files.writeString(
            root.resolve(name + ".yaml"), "database: %s\nnode: %s\n".formatted(url, name))
        .toString();
  }

  private RunningServer start(String name, String url) throws Exception {
    return RunningServer.startWithKey(
        root.resolve(name), node("a").key(), "--config", config(name, url));
  }

  private RunningServer node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  /** Stands in for a store that all of them have. */
  private void giveBaseImage() throws Exception {
    Path image;
    try (var images = Files.list(root.resolve("a/cache"))) {
      image = images.filter(file -> file.toString().endsWith(".raw")).findFirst().orElseThrow();
    }
    for (var name : List.of("b", "c")) {
      Path copy = root.resolve(name).resolve("cache").resolve(image.getFileName());
      Path part = copy.resolveSibling("part");
      Files.copy(image, part);
      Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
    }
    await().atMost(LIMIT).until(() -> text("SELECT COUNT(*) FROM node_image").equals("3"));
  }

  @AfterAll
  void end() throws Exception {
    for (var node : nodes.values()) {
      node.close();
    }
    proxy.close();
    postgres.remove();
  }

  private String text(String query) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      assertThat(rows.next()).as(query).isTrue();
      return String.valueOf(rows.getString(1));
    }
  }

  private void execute(String statement) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var update = connection.createStatement()) {
      update.executeUpdate(statement);
    }
  }

  private String nodeOf(String machine) throws Exception {
    return text("SELECT node FROM machine WHERE id = '%s'".formatted(machine));
  }

  private void signal(String name, String signal) throws Exception {
    Program.succeed("kill", "-" + signal, Long.toString(node(name).pid()));
  }

  private void awaitAlive(String name) {
    await("the node " + name + " to be alive")
        .atMost(LIMIT)
        .until(
            () ->
                text("SELECT EXTRACT(EPOCH FROM clock_timestamp()) * 1000 - dt_heartbeat < 15000 FROM node WHERE name = '%s'"
                        .formatted(name))
                    .equals("t"));
  }

  private String yaml() {
    return root.resolve("a.yaml").toString();
  }

  private String list() throws Exception {
    return Cli.run("node", "list", "--data", node("a").data().toString(), "--config", yaml()).out();
  }

  private int nodeCommand(String what, String name) throws Exception {
    return Cli.run("node", what, name, "--data", node("a").data().toString(), "--config", yaml())
        .status();
  }

  /** Launches that no node has begun yet are placed wherever there is least. */
  private List<JsonNode> launch(String by, int count) {
    var begun = new ArrayList<JsonNode>();
    for (int i = 0; i < count; i++) {
      begun.add(node(by).client().launch(template, 50, "m" + i));
    }
    return begun;
  }

  private static String event(JsonNode begun) {
    return begun.path("event").path("id").asText();
  }

  private static String machine(JsonNode begun) {
    return begun.path("data").path("id").asText();
  }

  @Test
  @Order(1) // while all have as many machines
  void launchesSpreadOverTheNodesThatTakeThemAndAnyNodeTellsOfThem() throws Exception {
    Map<String, Integer> spread = new TreeMap<>();
    for (var begun : launch("a", 6)) {
      assertThat(node("b").client().awaitEnd(event(begun)).path("state").asText())
          .isEqualTo("done");
      String on = nodeOf(machine(begun));
      spread.merge(on, 1, Integer::sum);
      assertThat(root.resolve(on).resolve("machines").resolve(machine(begun)).resolve("disk.qcow2"))
          .exists();
      node("c").client().get("/machines/" + machine(begun)).ok();
    }
    assertThat(spread).containsOnlyKeys("a", "b", "c");

    assertThat(nodeCommand("drain", "c")).isZero();
    assertThat(nodeCommand("drain", "d")).isEqualTo(1);
    assertThat(nodeCommand("remove", "c")).isEqualTo(1);
    for (var begun : launch("c", 4)) {
      assertThat(nodeOf(machine(begun))).isNotEqualTo("c");
      node("c").client().awaitDone(begun);
    }
    for (var name : List.of("a", "b")) {
      assertThat(nodeCommand("drain", name)).isZero();
    }
    var unplaced = launch("b", 1).getFirst();
    var ended = node("a").client().awaitEnd(event(unplaced));
    assertThat(ended.path("state").asText()).isEqualTo("error");
    assertThat(ended.path("error").asText()).contains("drained on 3 of 3");
    node("a").client().get("/machines/" + machine(unplaced)).error(404, "NOT_FOUND");
    assertThat(list()).containsPattern("(?m)^a +alive, drained +any .* http://127");
    for (var name : List.of("a", "b", "c")) {
      assertThat(nodeCommand("undrain", name)).isZero();
    }
    assertThat(list()).containsPattern("(?m)^c +alive +any ");
    // Each node has its own directory, which no other one can read.
    var refused =
        node("b")
            .client()
            .post("/custom-templates/" + template + "/distribute", Map.of("region", "ny2"))
            .ok()
            .path("event");
    assertThat(refused.path("state").asText()).isEqualTo("error");
    assertThat(refused.path("error").asText())
        .contains("in the directory of the store a alone")
        .contains("Distribute it to a region whose store is a bucket");
    // The node that has a machine removes it, whoever is asked.
    var gone = launch("a", 3);
    for (var begun : gone) {
      node("a").client().awaitDone(begun);
      Path disk = root.resolve(nodeOf(machine(begun))).resolve("machines").resolve(machine(begun));
      assertThat(disk).exists();
      node("b").client().awaitDone(node("b").client().delete("/machines/" + machine(begun)).ok());
      assertThat(disk).doesNotExist();
    }
  }

  @Test
  void whatASilentNodeHadGoesOnElsewhereOrEndsAndTheNodeGoesOnWhenItIsBack() throws Exception {
    String stays = onlyOn("c");
    signal("c", "STOP");
    var begun = launch("a", 6);
    var onSilent = new ArrayList<JsonNode>();
    for (var each : begun) {
      if (nodeOf(machine(each)).equals("c")) {
        onSilent.add(each);
      }
    }
    assertThat(onSilent).isNotEmpty();
    // Its guest may run, and a second one must not.
    String starting = plantStarting(stays);
    var capture = node("b").client().capture(stays, "never");
    for (var each : begun) {
      var ended = node("b").client().awaitEnd(event(each));
      assertThat(ended.path("state").asText()).as(ended.toString()).isEqualTo("done");
      assertThat(nodeOf(machine(each))).isNotEqualTo("c");
    }
    for (var id : List.of(event(capture), "evstarting")) {
      var ended = node("a").client().awaitEnd(id);
      assertThat(ended.path("state").asText()).isEqualTo("error");
      assertThat(ended.path("error").asText()).contains("the node c gave its last sign of life");
    }
    assertThat(node("a").client().get("/machines/" + starting).ok().path("state").asText())
        .isEqualTo("off");
    assertThat(nodeOf(starting)).isEqualTo("c");
    assertThat(node("b").client().patch("/machines/" + stays + "/start").error(409, "CONFLICT"))
        .asString()
        .contains("node c");

    signal("c", "CONT");
    awaitAlive("c");
    for (var each : onSilent) {
      Path left = root.resolve("c/machines").resolve(machine(each));
      await("what is left of it to be removed").atMost(LIMIT).until(() -> Files.notExists(left));
    }
    node("c").client().captured(stays, "after the silence");
    assertThat(onlyOn("c")).isNotEmpty();
  }

  /** A machine of this node, launched while the others are drained. */
  private String onlyOn(String name) throws Exception {
    execute(
        "UPDATE node SET is_draining = CASE WHEN name = '%s' THEN 0 ELSE 1 END".formatted(name));
    String machine = node("a").client().launched(template, 50, "of " + name);
    execute("UPDATE node SET is_draining = 0");
    assertThat(nodeOf(machine)).isEqualTo(name);
    return machine;
  }

  /** A launch of the silent node that has come as far as its domain. */
  private String plantStarting(String like) throws Exception {
    execute(
        """
        INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label, region,
          architecture, firmware, disk_bytes, base_template_id, base_digest, node, dt_created, dt_modified)
        SELECT 'psstarting', team_id, 'starting', 'starting', 'provisioning', machine_type, agent_type, os_label,
          region, architecture, firmware, disk_bytes, base_template_id, base_digest, node, dt_created, dt_modified
        FROM machine WHERE id = '%s'
        """
            .formatted(like));
    execute(
        """
        INSERT INTO event (id, team_id, machine_id, name, state, attempt, step, node, dt_created, dt_started)
        SELECT 'evstarting', team_id, id, 'create', 'in progress', 1, 'starting', node, dt_created, dt_created
        FROM machine WHERE id = 'psstarting'
        """);
    return "psstarting";
  }

  @Test
  void aNodeThatIsKilledOrCutOffFromTheDatabaseHoldsNoLaunchUp() throws Exception {
    node("c").kill9();
    proxy.cut();
    long start = System.nanoTime();
    var begun = launch("a", 9);
    for (var each : begun) {
      assertThat(node("a").client().awaitEnd(event(each)).path("state").asText()).isEqualTo("done");
      assertThat(nodeOf(machine(each))).isEqualTo("a");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SILENCE.plus(LIMIT));
    assertThat(node("b").client().get("/machines").status()).isEqualTo(503);

    proxy.mend();
    node("c").startAgain();
    awaitAlive("b");
    awaitAlive("c");
    for (var name : List.of("b", "c")) {
      for (var each : begun) {
        Path left = root.resolve(name).resolve("machines").resolve(machine(each));
        await("no disk of it to be left").atMost(LIMIT).until(() -> Files.notExists(left));
      }
      assertThat(onlyOn(name)).isNotEmpty();
    }
  }
}
