package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.PatchedApp;
import io.platen.support.Seed;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes are brought to a later version one after the other, under load. That version is made
 * up for this: it adds to the schema, which the nodes that have not been stopped yet go on with.
 */
final class RollingUpgradeIT {
  private static final Set<String> FINAL = Set.of("done", "error", "cancelled");
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final List<String> NODES = List.of("a", "b", "c");
  private static final int UNAVAILABLE = 503;

  /** Between two requests of a client that waits for something. */
  private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();

  private static final String CHANGE =
      """
      ALTER TABLE machine ADD COLUMN made_up BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE template ADD COLUMN made_up TEXT;
      CREATE TABLE made_up (id BIGINT PRIMARY KEY);
      """;

  private final AtomicBoolean ends = new AtomicBoolean();
  private final AtomicInteger launched = new AtomicInteger();
  private final AtomicInteger captured = new AtomicInteger();
  private final AtomicInteger listed = new AtomicInteger();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /** Of each node how often it was stopped and started: it is away where that is odd. */
  private final Map<String, AtomicInteger> turns = new TreeMap<>();

  private final Path root;
  private final Fleet fleet;

  RollingUpgradeIT(@TempDir Path root) throws Exception {
    this.root = root;
    fleet = new Fleet(root);
    NODES.forEach(name -> turns.put(name, new AtomicInteger()));
  }

  @Test
  void nothingFailsWhileThreeNodesAreBroughtToALaterVersion() throws Exception {
    try {
      var later =
          PatchedApp.withFile(
              Files.createDirectory(root.resolve("later")),
              "db/migration/V999__made_up.sql",
              CHANGE);
      // The load is of many machines that take nothing.
      String roomy = "overcommit: {cpus: 1000, memory: 1000, disk: 1000}";
      for (var name : NODES) {
        fleet.start(name, roomy);
      }
      var first = fleet.node("a");
      String template;
      String adopted;
      try (var seed = Seed.of(first.server(), first.config())) {
        Path disk = Disks.random(root.resolve("golden.raw"), 2 << 20, 1);
        adopted = seed.adopt(disk, DiskFormat.RAW);
        template = first.server().client().captured(adopted, "golden");
      }
      var load =
          List.of(
              work("launches", () -> launch(template)),
              work("captures", () -> capture(adopted)),
              work("lists", this::list));
      for (var name : NODES) {
        awaitMore(name);
        drain(name, 1);
        turns(name).incrementAndGet();
        fleet.node(name).server().restartAs(later);
        turns(name).incrementAndGet();
        drain(name, 0);
      }
      awaitMore("the last one");
      ends.set(true);
      for (var thread : load) {
        thread.join();
      }
      assertThat(failures).isEmpty();
      assertThat(fleet.texts("SELECT DISTINCT schema_version FROM node")).containsExactly("999");
      assertThat(fleet.texts("SELECT id FROM event WHERE dt_finished IS NULL")).isEmpty();
      assertThat(fleet.texts("SELECT id FROM event WHERE state <> 'done'")).isEmpty();
      theVersionBeforeThatIsRefused();
    } finally {
      ends.set(true);
      fleet.close();
    }
  }

  /** As the version after the later one would, which needs what that has added. */
  private void theVersionBeforeThatIsRefused() throws Exception {
    fleet.execute("UPDATE setting SET value = '999' WHERE name = 'oldest-schema'");
    var serve =
        App.run(
            "serve",
            "--config",
            fleet.node("a").config().toString(),
            "--data",
            root.resolve("d").toString(),
            "--port",
            "0");
    assertThat(serve.status()).isNotZero();
    assertThat(serve.err())
        .contains("too old for the database")
        .contains("need 999. Install their version");
  }

  private void drain(String node, int drains) throws Exception {
    fleet.execute("UPDATE node SET is_draining = %d WHERE name = '%s'".formatted(drains, node));
  }

  /** Waits until all of the load has gone on. */
  private void awaitMore(String before) {
    var counts = List.of(launched, captured, listed);
    var then = counts.stream().map(AtomicInteger::get).toList();
    await("the load to go on before " + before + " is stopped")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              assertThat(failures).isEmpty();
              for (int i = 0; i < counts.size(); i++) {
                if (counts.get(i).get() == then.get(i)) {
                  return false;
                }
              }
              return true;
            });
  }

  /** Something that is asked again and again. */
  private interface Work {
    void once();
  }

  private Thread work(String name, Work work) {
    return Thread.ofPlatform()
        .name(name)
        .start(
            () -> {
              try {
                while (!ends.get() && failures.isEmpty()) {
                  work.once();
                }
              } catch (AssertionError | RuntimeException e) {
                failures.add(name + ": " + e);
              }
            });
  }

  private void launch(String template) {
    var body =
        Map.of(
            "name", "copy",
            "machineType", "C1",
            "templateId", template,
            "diskSize", 50,
            "region", "ny2");
    done("/machines", body);
    launched.incrementAndGet();
  }

  private void capture(String machine) {
    done("/custom-templates", Map.of("machineId", machine, "name", "again"));
    captured.incrementAndGet();
  }

  /** Begins something, and asks for its event until that has ended. */
  private void done(String path, Map<String, ?> body) {
    String key = UUID.randomUUID().toString();
    var begun = ask(client -> client.send("POST", path, body, "Idempotency-Key", key));
    String event = "/machine-events/" + begun.path("event").path("id").asText();
    JsonNode now;
    do {
      LockSupport.parkNanos(PAUSE_NANOS);
      now = ask(client -> client.get(event));
    } while (!FINAL.contains(now.path("state").asText()));
    if (!now.path("state").asText().equals("done")) {
      failures.add(now.toString());
    }
  }

  private void list() {
    var seen = new ArrayList<String>();
    String after = "";
    do {
      String path = "/machines?limit=20" + after;
      var page = ask(client -> client.get(path));
      page.path("items").forEach(each -> seen.add(each.path("id").asText()));
      after = page.path("nextPage").isNull() ? "" : "&after=" + page.path("nextPage").asText();
    } while (!after.isEmpty());
    assertThat(seen).doesNotHaveDuplicates();
    listed.incrementAndGet();
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  /** A request to a node. */
  private interface Request {
    Client.Answer send(Client client);
  }

  private final AtomicInteger next = new AtomicInteger();

  /**
   * As a load balancer does: one node after the other, and the next one where one is away. Whatever
   * else is not answered well is a failure.
   */
  private JsonNode ask(Request request) {
    long begun = System.nanoTime();
    String last = "nothing";
    while (System.nanoTime() - begun < LIMIT.toNanos()) {
      String name = NODES.get(next.getAndIncrement() % NODES.size());
      int before = turns(name).get();
      try {
        var answer = request.send(fleet.node(name).server().client());
        if (answer.status() != UNAVAILABLE || wasUp(name, before)) {
          return answer.ok();
        }
        last = answer.text();
      } catch (UncheckedIOException e) {
        if (wasUp(name, before)) {
          throw new IllegalStateException("the node " + name + ", which was not stopped", e);
        }
        last = e.toString();
      }
    }
    throw new IllegalStateException("no node answers: " + last);
  }

  private AtomicInteger turns(String node) {
    return Objects.requireNonNull(turns.get(node));
  }

  private boolean wasUp(String node, int before) {
    return before % 2 == 0 && turns(node).get() == before;
  }
}
