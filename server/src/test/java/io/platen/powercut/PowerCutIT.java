package io.platen.powercut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.platen.linux.HostUser;
import io.platen.support.App;
import io.platen.support.Disks;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power is cut at random moments of captures, launches, deletions and collections; after each
 * boot every listed template is exact, all that was answered is there, and no chunk is half there.
 *
 * <p>A server works once on a disk that logs what it is told ({@link LoggedDisk}). From that log
 * the disk is made as it is after a cut at any moment ({@link WriteLog}): what the kernel had in
 * memory is lost, and of what the disk had in its cache as much as chance will have it. That is
 * harder than to kill the QEMU of a guest, where everything that the guest sent to its disk is kept
 * by the host, and there may be any number of cuts.
 */
final class PowerCutIT {
  private static final int CUTS = Integer.getInteger("platen.powerCuts", 50);
  private static final List<WriteLog.Cache> CACHES = List.of(WriteLog.Cache.values());
  private static final int PLANTED_CUTS = 8;
  private static final int CLIENTS = 3;
  private static final int DISKS_EACH = 8;
  private static final int MEGABYTES = 1024;

  @TempDir private Path directory;

  @BeforeEach
  void requireRoot() {
    assumeThat(HostUser.isRoot()).as("file systems are mounted").isTrue();
  }

  @Test
  @Tag("long")
  void whateverWasAnsweredIsThereAfterThePowerWasCut() throws Exception {
    assertThat(wrongAfterCuts(CUTS, List.of())).isEmpty();
  }

  /** These tests would see it: a server that says that chunks are durable before they are. */
  @Test
  @Tag("long")
  void aSyncThatIsLeftOutIsFound() throws Exception {
    Path planted = Planted.withoutSync(directory);
    var become =
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" \"$1\" && shift && exec \"$@\"",
            planted.toString(),
            Planted.original().toString());
    assertThat(wrongAfterCuts(PLANTED_CUTS, become)).isNotEmpty();
  }

  private List<String> wrongAfterCuts(int cuts, List<String> become) throws Exception {
    long seed = Long.getLong("platen.seed", System.nanoTime());
    System.out.printf("power cuts: %d, -Dplaten.seed=%d%n", cuts, seed);
    var templates = new History();
    var machines = new History();
    var content = new ConcurrentHashMap<String, Path>();
    long from;
    String key;
    try (var disk = LoggedDisk.create(directory, MEGABYTES)) {
      Path data = disk.mounted().resolve("data");
      try (var server = RunningServer.startAs(become, data, List.of(), Map.of())) {
        key = server.key();
        var sources = new ArrayList<Map<String, Path>>();
        try (var adopting = Seed.of(server)) {
          for (int client = 0; client < CLIENTS; client++) {
            sources.add(sources(adopting, seed, client));
          }
        }
        from = disk.position();
        var work = new ArrayList<Callable<Void>>();
        for (int client = 0; client < CLIENTS; client++) {
          var load =
              new Workload(server.client(), disk, templates, machines, content, seed + client);
          var own = sources.get(client);
          work.add(() -> load.run(own));
        }
        work.add(() -> collections(data));
        try (var threads = Executors.newFixedThreadPool(work.size())) {
          for (var done : threads.invokeAll(work)) {
            done.get();
          }
        }
        server.kill9();
      }
    }
    return wrongAfterCuts(
        cuts, from, new Random(seed), new AfterTheCut(templates, machines, content, key));
  }

  /** Machines, and disks of which each has something in common with that of another client. */
  private Map<String, Path> sources(Seed adopting, long seed, int client) throws Exception {
    var sources = new LinkedHashMap<String, Path>();
    for (int i = 0; i < DISKS_EACH; i++) {
      Path raw = directory.resolve("source-%d-%d.raw".formatted(client, i));
      Disks.random(raw, 4 * Disks.MIB, seed + i);
      try (var file = new java.io.RandomAccessFile(raw.toFile(), "rw")) {
        byte[] own = new byte[2 * Disks.MIB];
        new Random(seed + 1000L * (client + 1) + i).nextBytes(own);
        file.seek(Disks.MIB);
        file.write(own);
      }
      sources.put(adopting.machine("default", "source", raw, 4L * Disks.MIB), raw);
    }
    return sources;
  }

  private static Void collections(Path data) throws Exception {
    for (int i = 0; i < 3; i++) {
      App.succeed("gc", "--data", data.toString());
    }
    return null;
  }

  private List<String> wrongAfterCuts(int cuts, long from, Random random, AfterTheCut after)
      throws Exception {
    var wrong = new ArrayList<String>();
    Path image = directory.resolve("cut.raw");
    try (var log = new WriteLog(directory.resolve("log"), directory.resolve("empty.raw"))) {
      var entries = log.entries();
      int first = 0;
      while (entries.get(first).end() < from) {
        first++;
      }
      System.out.printf(
          "%d requests to the disk, %d of them of the work%n",
          entries.size(), entries.size() - first);
      int begin = first;
      var moments =
          IntStream.range(0, cuts)
              .map(_ -> begin + random.nextInt(entries.size() - begin))
              .sorted()
              .toArray();
      for (int moment : moments) {
        var cache = CACHES.get(random.nextInt(CACHES.size()));
        log.cut(moment, cache, random, image);
        var found = after.look(image, directory, entries.get(moment).end());
        System.out.printf(
            "cut after request %d, cache %s: %d wrong%n", moment, cache, found.size());
        for (var each : found) {
          wrong.add("cut after request %d, cache %s: %s".formatted(moment, cache, each));
        }
        Files.delete(image);
      }
      log.cut(entries.size() - 1, WriteLog.Cache.KEPT, random, image);
      assertThat(Files.mismatch(image, directory.resolve("disk.raw")))
          .as("what the log makes of the disk, against the disk")
          .isEqualTo(-1);
    }
    return wrong;
  }
}
