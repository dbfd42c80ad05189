package io.platen.system;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Seed;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One client of a fleet, with an adopted machine of its own: it captures that, changes its disk,
 * launches what it captured, and deletes and purges, by whatever node. What it is refused or not
 * answered it lets be; what became of it, the database says.
 */
final class FleetClient implements Runnable {
  private static final int MIB = 1 << 20;
  private static final int CHUNKS = 6;
  private static final int MOST_KEPT = 4;
  private static final int PURGE = 9;

  private final Fleet fleet;
  private final Path root;
  private final int number;
  private final Random random;
  private final AtomicBoolean working;
  private final Path disk;
  private final String machine;
  private final AtomicInteger captured = new AtomicInteger();
  private final AtomicInteger launched = new AtomicInteger();
  private final AtomicInteger purged = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  /** By the names of templates, what their disks are; of all that were ever asked for. */
  private final Map<String, Path> disks = new TreeMap<>();

  /** By name, the ids of those that are done, and of which nobody asked to be rid. */
  private final Map<String, String> kept = new TreeMap<>();

  private final List<String> machines = new ArrayList<>();
  private volatile @Nullable Throwable wrong;

  FleetClient(Fleet fleet, Path root, String node, int number, long seed, AtomicBoolean working)
      throws Exception {
    this.fleet = fleet;
    this.root = root;
    this.number = number;
    this.working = working;
    random = new Random(seed * 100 + number);
    disk = Disks.random(root.resolve("client" + number + ".raw"), CHUNKS * MIB, number);
    var on = fleet.node(node);
    try (var platen = Seed.of(on.server(), on.config())) {
      machine = platen.adopt(disk, DiskFormat.RAW);
    }
  }

  int captured() {
    return captured.get();
  }

  int launched() {
    return launched.get();
  }

  int purged() {
    return purged.get();
  }

  int failed() {
    return failed.get();
  }

  Map<String, Path> disks() {
    return disks;
  }

  Map<String, String> kept() {
    return kept;
  }

  @Override
  public void run() {
    try {
      while (working.get()) {
        Thread.sleep(Duration.ofMillis(random.nextInt(1000)));
        try {
          act();
        } catch (UncheckedIOException e) {
          failed.incrementAndGet();
        } catch (SQLException e) {
          // The database is being restarted.
          failed.incrementAndGet();
          Thread.sleep(Duration.ofSeconds(1));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception | AssertionError e) {
      wrong = e;
    }
  }

  /** What it found that must not be; null for nothing. */
  @Nullable Throwable wrong() {
    return wrong;
  }

  private Client any() {
    var all = List.copyOf(fleet.nodes().values());
    return all.get(random.nextInt(all.size())).server().client();
  }

  private void act() throws Exception {
    int choice = kept.size() > MOST_KEPT ? PURGE : random.nextInt(PURGE + 1);
    if (choice < 4 || kept.isEmpty()) {
      capture();
    } else if (choice < 7) {
      launch();
    } else if (choice < 9 && !machines.isEmpty()) {
      String id = machines.removeFirst();
      count(any().delete("/machines/" + id));
    } else if (kept.size() > 2) {
      String name = List.copyOf(kept.keySet()).get(random.nextInt(kept.size()));
      String id = kept.remove(name);
      if (count(any().delete("/custom-templates/" + id + "?purge=true"))) {
        purged.incrementAndGet();
      }
    }
  }

  private boolean count(Client.Answer answer) {
    boolean good = answer.status() == 200;
    if (!good) {
      failed.incrementAndGet();
    }
    return good;
  }

  /** Waits until nothing is under way for a machine, so that its disk may change. */
  private void awaitIdle(String id) throws InterruptedException {
    while (true) {
      try {
        var open =
            fleet.texts(
                "SELECT id FROM event WHERE machine_id = '%s' AND dt_finished IS NULL"
                    .formatted(id));
        if (open.isEmpty()) {
          return;
        }
      } catch (SQLException e) {
        failed.incrementAndGet();
      }
      Thread.sleep(Duration.ofMillis(500));
    }
  }

  private void capture() throws Exception {
    awaitIdle(machine);
    change();
    String name = "n%d-%d".formatted(number, disks.size());
    Path copy = root.resolve(name + ".golden");
    Files.copy(disk, copy);
    disks.put(name, copy);
    try {
      count(any().post("/custom-templates", Map.of("machineId", machine, "name", name)));
    } finally {
      awaitIdle(machine);
    }
    var found =
        fleet.texts(
            "SELECT id FROM template WHERE name = '%s' AND state = 'available' AND dt_deleted IS NULL"
                .formatted(name));
    if (!found.isEmpty()) {
      kept.put(name, found.getFirst());
      captured.incrementAndGet();
    }
  }

  /**
   * Another part of it is random now; another one is one of two things that others have as well.
   */
  private void change() throws Exception {
    byte[] fresh = new byte[64 << 10];
    byte[] common = new byte[MIB];
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      random.nextBytes(fresh);
      file.seek((long) random.nextInt(CHUNKS) * MIB);
      file.write(fresh);
      // Chunks that come and go are the ones that collections race for.
      new Random(random.nextInt(3)).nextBytes(common);
      file.seek((long) random.nextInt(CHUNKS) * MIB);
      file.write(common);
    }
  }

  private void launch() throws Exception {
    String name = List.copyOf(kept.keySet()).get(random.nextInt(kept.size()));
    boolean runs = random.nextInt(12) == 0;
    var answer =
        any()
            .post(
                "/machines",
                Map.of(
                    "name",
                    name,
                    "machineType",
                    "C5",
                    "templateId",
                    String.valueOf(kept.get(name)),
                    "diskSize",
                    50,
                    "region",
                    "ny2",
                    "startOnCreate",
                    runs));
    if (!count(answer)) {
      return;
    }
    JsonNode begun = answer.ok();
    String id = begun.path("data").path("id").asText();
    awaitIdle(id);
    var there =
        fleet.texts("SELECT id FROM machine WHERE id = '%s' AND dt_deleted IS NULL".formatted(id));
    if (!there.isEmpty()) {
      machines.add(id);
      launched.incrementAndGet();
      if (!runs) {
        assertDisk(id, name);
      }
    }
  }

  private void assertDisk(String id, String name) throws Exception {
    Path golden = disks.get(name);
    if (golden != null) {
      fleet.assertIs(id, golden);
    }
  }
}
