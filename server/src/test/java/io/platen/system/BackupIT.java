package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database is lost, and made again of a dump in the store. */
final class BackupIT {
  private static final int BYTES = 5 << 20;

  @TempDir private Path root;

  private Path data() {
    return root.resolve("data");
  }

  private Program.Ended platen(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data().toString()));
    return Cli.run(all.toArray(String[]::new));
  }

  private String captured(RunningServer server, String name, int seed) throws Exception {
    Path disk = Disks.random(root.resolve(name + ".raw"), BYTES, seed);
    try (var made = Seed.of(server)) {
      return server.client().captured(made.adopt(disk, DiskFormat.RAW), name);
    }
  }

  private void loseDatabase() throws Exception {
    for (var suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(data().resolve("platen.db" + suffix));
    }
  }

  @Test
  void aLostDatabaseIsRestoredAndAllGoesOnWithTheSameKey() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 61);
      var machine = server.client().launched(template, 50, "launched");
      var before = server.client().get("/custom-templates/" + template).ok();

      var dumped = platen("backup");
      assertThat(dumped.status()).as(dumped.err()).isZero();
      assertThat(Path.of(dumped.lastLine())).exists().hasParent(data().resolve("metadata"));
      assertThat(dumped.err()).containsPattern("template +1\n").contains("KiB, as of 20");
      try (var lines = new ZstdInputStream(Files.newInputStream(Path.of(dumped.lastLine())))) {
        assertThat(new String(lines.readAllBytes(), StandardCharsets.UTF_8))
            .contains(template, "api_key")
            .doesNotContain(server.key());
      }
      var beside = platen("restore", "--yes");
      assertThat(beside.status()).isEqualTo(1);
      assertThat(beside.err()).contains("a server, or another command, works on " + data());

      server.kill9();
      var full = platen("restore", "--yes");
      assertThat(full.status()).isEqualTo(1);
      assertThat(full.err()).contains("is not empty", "1 rows of template", "move platen.db");
      loseDatabase();
      var noDatabase = platen("backup");
      assertThat(noDatabase.status()).isEqualTo(1);
      assertThat(noDatabase.err()).contains("there is no database: " + data());
      // A look at a lost database must not leave an empty one in its place, nor say that all is
      // well.
      for (var command : List.of("verify", "storage", "gc")) {
        var looked = platen(command);
        assertThat(looked.status()).as(command).isEqualTo(1);
        assertThat(looked.err()).contains("platen.db is missing", "--data", "store recover");
      }
      assertThat(data().resolve("platen.db")).doesNotExist();
      assertThat(platen("doctor").out())
          .containsPattern("MISSING +database .*is not there")
          .containsPattern("optional +machines .*there is no database");
      Files.createFile(data().resolve("platen.db"));
      assertThat(platen("doctor").out())
          .containsPattern("optional +machines .*holds nothing of Platen's yet");
      loseDatabase();
      var unasked = platen("restore");
      assertThat(unasked.status()).isEqualTo(1);
      assertThat(unasked.err()).contains("pass --yes");
      assertThat(data().resolve("platen.db")).doesNotExist();
      var restored = platen("restore", "--yes");
      assertThat(restored.status()).as(restored.err()).isZero();
      assertThat(restored.err()).contains(dumped.lastLine());
      assertThat(restored.out()).containsPattern("template +1 +1\n");
      assertThat(restored.err()).contains("API keys that were revoked since", "platen key list");

      server.startAgain();
      assertThat(server.client().get("/custom-templates/" + template).ok()).isEqualTo(before);
      Disks.assertHolds(data(), template, root.resolve("kept.raw"));
      server.client().launched(template, 50, "another");
      // The machine is there with its disk.
      server.client().captured(machine, "of the machine");
      var collected = platen("gc");
      assertThat(collected.status()).as(collected.err()).isZero();
      Disks.assertHolds(data(), template, root.resolve("kept.raw"));
    }
  }

  @Test
  void aDumpThatWasCutOffIsRefusedAndAnOlderOneIsTaken() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 62);
      var older = Path.of(platen("backup").lastLine());
      var newest = Path.of(platen("backup").lastLine());
      server.kill9();
      loseDatabase();
      byte[] whole = Files.readAllBytes(newest);
      Files.write(newest, Arrays.copyOf(whole, whole.length / 2));
      var refused = platen("restore", "--yes");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err())
          .contains(
              newest + " can't be used: it was cut off",
              "--from " + older.getFileName().toString().replace(".jsonl.zst", ""));
      assertThat(platen("restore", "--yes", "--from", root.toString()).err())
          .contains(root + " is a directory");
      assertThat(data().resolve("platen.db")).doesNotExist();
      var restored = platen("restore", "--yes", "--from", older.getFileName().toString());
      assertThat(restored.status()).as(restored.err()).isZero();
      server.startAgain();
      server.client().get("/custom-templates/" + template).ok();
    }
  }

  @Test
  void dumpsAndRestoresTakeNoMoreMemoryThanTheyHave() throws Exception {
    assertThat(platen("key", "create").status()).isZero();
    int events = 80_000;
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + data().resolve("platen.db"));
        var insert = connection.createStatement()) {
      // Some 60 MB of rows.
      insert.executeUpdate(
          """
          INSERT INTO event (id, team_id, name, state, error, dt_created, dt_finished)
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
          SELECT 'ev' || i, (SELECT id FROM team WHERE id <> ''), 'stop', 'error',
            hex(randomblob(300)), unixepoch() * 1000, unixepoch() * 1000 FROM n
          """
              .formatted(events));
    }
    var small = List.of("-Xmx40m");
    var dumped = Program.run(App.command(small, List.of("backup", "--data", data().toString())));
    assertThat(dumped.status()).as(dumped.err()).isZero();
    var other = root.resolve("other").toString();
    var restored =
        Program.run(
            App.command(
                small, List.of("restore", "--yes", "--from", dumped.lastLine(), "--data", other)));
    assertThat(restored.status()).as(restored.err()).isZero();
    assertThat(restored.out()).containsPattern("event +%1$d +%1$d".formatted(events));
  }
}
