package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} at random moments of snapshots and restores: each ends well, and exactly. */
final class SnapshotKillIT {
  private static final int MIB = 1 << 20;
  private static final int KILLS = 8;
  private static final int MAX_MILLIS = 250;

  /** Fixed, so that a failure can be looked for again; the moments vary by themselves. */
  private final Random random = new Random(20261129);

  @TempDir private Path directory;

  @Test
  void everySnapshotAndRestoreEndsWellHoweverOftenTheServerIsKilled() throws Exception {
    try (var server = RunningServer.start(directory.resolve("data"));
        var seed = Seed.of(server)) {
      Path source = Disks.random(directory.resolve("source.raw"), 8 * MIB, 3);
      String template =
          server.client().captured(seed.machine("default", "m", source, 8 * MIB), "t");
      String machine = server.client().launched(template, 50, "killed");
      Path own = server.data().resolve("machines").resolve(machine);
      Path disk = own.resolve("disk.qcow2");
      var held = new HashMap<String, Path>();
      String last = "";
      for (int kill = 0; kill < KILLS; kill++) {
        write(disk, kill + 1);
        Path now = copy(disk, kill);
        JsonNode begun =
            last.isEmpty() || kill % 3 == 0
                ? server
                    .client()
                    .post("/snapshots", Map.of("machineId", machine, "name", "k" + kill))
                    .ok()
                : server
                    .client()
                    .post(
                        "/snapshots/" + last + "/restore",
                        Map.of("createSnapshotBeforeRestore", kill % 3 == 1))
                    .ok();
        // Not to wait for anything: this is the random moment.
        Thread.sleep(random.nextInt(MAX_MILLIS));
        server.kill9();
        server.startAgain();
        server.client().awaitDone(begun);
        boolean isRestore = begun.path("event").path("name").asText().equals("snapshot-restore");
        if (isRestore) {
          assertSame(Objects.requireNonNull(held.get(last)), disk);
        } else {
          assertSame(now, disk);
        }
        var newest =
            server.client().get("/snapshots?limit=1&machineId=" + machine).ok().path("items");
        String id = newest.path(0).path("id").asText();
        if (!held.containsKey(id)) {
          held.put(id, now);
          last = id;
        }
        try (var files = Files.list(own)) {
          assertThat(files.map(file -> String.valueOf(file.getFileName())))
              .doesNotContain("disk.former.qcow2", "disk.restored.qcow2");
        }
      }
      // All of them hold what the disk held then.
      for (var each : held.entrySet()) {
        var restore = server.client().post("/snapshots/" + each.getKey() + "/restore", "").ok();
        server.client().awaitDone(restore);
        assertSame(each.getValue(), disk);
      }
    }
  }

  private void write(Path disk, int pattern) throws Exception {
    String range = "%dM %dM".formatted(random.nextInt(12), 1 + random.nextInt(4));
    Program.succeed(
        "qemu-io", "-f", "qcow2", "-c", "write -P %d %s".formatted(pattern, range), "" + disk);
  }

  private Path copy(Path disk, int number) throws Exception {
    Path copy = directory.resolve("held" + number + ".qcow2");
    Program.succeed("qemu-img", "convert", "-f", "qcow2", "-O", "qcow2", "" + disk, "" + copy);
    return copy;
  }

  private static void assertSame(Path one, Path other) throws Exception {
    assertThat(
            Program.succeed(
                "qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", "" + one, "" + other))
        .contains("identical");
  }
}
