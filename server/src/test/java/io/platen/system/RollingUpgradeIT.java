package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes are restarted one after the other under load, on a schema that a later version, made up for
 * this, has added to.
 */
final class RollingUpgradeIT {
  private static final Set<String> FINAL = Set.of("done", "error", "cancelled");
  private static final long LIMIT_NANOS = Duration.ofSeconds(90).toNanos();

  /** What the next version adds; this one knows nothing of it. */
  private static final List<String> CHANGE =
      List.of(
          "ALTER TABLE machine ADD COLUMN made_up BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE template ADD COLUMN made_up TEXT",
          "CREATE TABLE made_up (id BIGINT PRIMARY KEY)",
          """
          INSERT INTO flyway_schema_history
            (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
          VALUES (999, '999', 'made up', 'SQL', 'V999__made_up.sql', 1, 'platen', 1, TRUE)
          """);

  private final AtomicBoolean ends = new AtomicBoolean();
  private final AtomicInteger done = new AtomicInteger();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  @Test
  void nothingFailsWhileNodesAreRestartedOnASchemaThatWasAddedTo(@TempDir Path root)
      throws Exception {
    var fleet = new Fleet(root);
    try {
      // The load is of many machines that take nothing.
      String roomy = "overcommit: {cpus: 1000, memory: 1000, disk: 1000}";
      var first = fleet.start("a", roomy);
      fleet.start("b", roomy);
      String template;
      try (var seed = Seed.of(first.server(), first.config())) {
        Path disk = Disks.random(root.resolve("golden.raw"), 2 << 20, 1);
        template = first.server().client().captured(seed.adopt(disk, DiskFormat.RAW), "golden");
      }
      var load = Thread.ofPlatform().name("load").start(() -> launch(fleet, template));
      for (var statement : CHANGE) {
        fleet.execute(statement);
      }
      for (var name : List.of("a", "b")) {
        drain(fleet, name, "drain");
        fleet.node(name).server().restart();
        drain(fleet, name, "undrain");
      }
      int before = done.get();
      awaitMore(before);
      ends.set(true);
      load.join();
      assertThat(failures).isEmpty();
      assertThat(done.get()).isGreaterThan(before);

      fleet.execute("UPDATE setting SET value = '999' WHERE name = 'oldest-schema'");
      var late =
          Cli.run("key", "list", "--config", first.config().toString(), "--data", root + "/c");
      assertThat(late.status()).isNotZero();
      assertThat(late.err()).contains("too old for the database");
    } finally {
      ends.set(true);
      fleet.close();
    }
  }

  private static void drain(Fleet fleet, String node, String what) {
    var ended =
        Cli.run(
            "node",
            what,
            node,
            "--config",
            fleet.node(node).config().toString(),
            "--data",
            fleet.node(node).server().data().toString());
    assertThat(ended.status()).as(ended.err()).isZero();
  }

  private void awaitMore(int before) {
    long begun = System.nanoTime();
    while (done.get() == before && System.nanoTime() - begun < LIMIT_NANOS) {
      pause();
    }
  }

  /** Launches machines one after the other, by whichever node answers. */
  private void launch(Fleet fleet, String template) {
    while (!ends.get()) {
      String key = UUID.randomUUID().toString();
      var body =
          Map.of(
              "name", "copy",
              "machineType", "C1",
              "templateId", template,
              "diskSize", 50,
              "region", "ny2");
      var begun =
          ask(fleet, client -> client.send("POST", "/machines", body, "Idempotency-Key", key).ok());
      String event = "/machine-events/" + begun.path("event").path("id").asText();
      JsonNode now;
      do {
        pause();
        now = ask(fleet, client -> client.get(event).ok());
      } while (!FINAL.contains(now.path("state").asText()) && failures.isEmpty());
      if (now.path("state").asText().equals("done")) {
        done.incrementAndGet();
      } else {
        failures.add(now.toString());
        return;
      }
    }
  }

  /** Between two looks. */
  private static void pause() {
    LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
  }

  /** A request to a node. */
  private interface Request {
    JsonNode send(Client client);
  }

  /** As a load balancer does: the next node where one does not answer, or not well. */
  private JsonNode ask(Fleet fleet, Request request) {
    long begun = System.nanoTime();
    Throwable last = null;
    while (System.nanoTime() - begun < LIMIT_NANOS) {
      for (var node : fleet.nodes().values()) {
        try {
          return request.send(node.server().client());
        } catch (AssertionError | RuntimeException e) {
          last = e;
        }
      }
    }
    failures.add("no node answers: " + last);
    throw new IllegalStateException(last);
  }
}
