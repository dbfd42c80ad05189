package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.database.Database;
import io.platen.disk.DiskFormat;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.Metrics;
import io.platen.support.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes share a bucket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SharedStoreIT {
  private static final int MIB = 1 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path root;
  private final Fleet fleet;
  private final Fleet.Node a;
  private final Fleet.Node b;

  SharedStoreIT(@TempDir Path root) throws Exception {
    this.root = root;
    fleet = new Fleet(root);
    a = fleet.start("a");
    b = fleet.start("b");
  }

  @AfterAll
  void end() throws Exception {
    fleet.close();
  }

  /** A machine of node a on a disk that is there. */
  private String machine(Path disk) throws Exception {
    try (var seed = Seed.of(a.server(), a.config())) {
      return seed.adopt(disk, DiskFormat.RAW);
    }
  }

  @Test
  void whatOneNodeCapturesAnotherLaunchesAndEitherCollects() throws Exception {
    Path disk = Disks.random(root.resolve("disk.raw"), 12 * MIB, 1);
    Path other = Disks.random(root.resolve("other.raw"), 8 * MIB, 2);
    // Asked of the node that has not the machine.
    String template = b.server().client().captured(machine(disk), "golden");
    String garbage = a.server().client().captured(machine(other), "garbage");
    fleet.assertHolds(template, disk);
    fleet.placeOn("b");
    String launched = a.server().client().launched(template, 50, "on b");
    fleet.placeOn("");
    assertThat(fleet.nodeOf(launched)).isEqualTo("b");
    fleet.assertIs(launched, disk);
    // The template is b's as well as a's: what the machine did not change is taken over.
    String derived = a.server().client().captured(launched, "derived");
    assertThat(fleet.text("SELECT store FROM template WHERE id = '%s'".formatted(derived)))
        .isEqualTo("main");

    b.server().client().purge(garbage);
    a.server().client().purge(template);
    fleet.command("b", "gc");
    fleet.assertClean();
    a.server().client().awaitDone(a.server().client().delete("/machines/" + launched).ok());
    fleet.command("a", "gc");
    fleet.assertClean();
    fleet.assertIs(b.server().client().launched(derived, 50, "again"), disk);
  }

  @Test
  void aCollectionWaitsForACaptureOfAnotherNodeAndItsTemplateIsWhole() throws Exception {
    Path disk = Disks.random(root.resolve("slow.raw"), 8 * MIB, 3);
    var begun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    a.s3()
        .rule(
            (method, request) -> {
              if (method.equals("PUT") && request.contains("/index/")) {
                begun.countDown();
                join(goOn);
              }
              return Fate.PASS;
            });
    var capture = a.server().client().capture(machine(disk), "slow");
    join(begun);
    // All its chunks are stored, and nothing but its session says that they are needed.
    var collected = CompletableFuture.supplyAsync(() -> fleet.command("b", "gc"));
    await("the collection to have condemned them")
        .atMost(LIMIT)
        .until(
            () ->
                fleet
                    .text("SELECT COUNT(*) > 0 FROM store_chunk WHERE state = 'condemned'")
                    .equals("t"));
    goOn.countDown();
    a.server().client().awaitDone(capture);
    collected.join();
    a.s3().rule((method, request) -> Fate.PASS);
    fleet.assertHolds(capture.path("data").path("id").asText(), disk);
    fleet.assertClean();
  }

  private static void join(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneNodeCountsWhatIsInTheBucket() throws Exception {
    await("one node to know the store's size")
        .atMost(LIMIT)
        .until(
            () ->
                Stream.of(a, b)
                        .map(node -> Metrics.of(node.server().client()))
                        .filter(metrics -> !Double.isNaN(metrics.value("platen_store_chunks")))
                        .count()
                    == 1);
  }

  @Test
  void aBucketBelongsToOneDatabase() throws Exception {
    String url = Database.sqliteUrl(root.resolve("second.db"));
    Path config = fleet.config("second", url, a.s3());
    var said =
        Cli.run("gc", "--config", config.toString(), "--data", root.resolve("second").toString());
    assertThat(said.status()).isNotZero();
    assertThat(said.err()).contains("belongs to another database");
  }
}
