package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database on SQLite is up to three files: what happens where some of them are moved. */
final class MovedDatabaseIT {
  private static final int BYTES = 5 << 20;

  @TempDir private Path root;

  private Path data() {
    return root.resolve("data");
  }

  private Path database() {
    return data().resolve("platen.db");
  }

  private Program.Ended platen(String... arguments) throws Exception {
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

  /** Moves the database, and what SQLite keeps beside it. */
  private void moveDatabase(Path from, Path to) throws Exception {
    for (var suffix : List.of("", "-wal", "-shm")) {
      if (Files.exists(Path.of(from + suffix))) {
        Files.move(Path.of(from + suffix), Path.of(to + suffix));
      }
    }
  }

  @Test
  void aDatabaseThatIsMovedWithoutItsLogLosesNothing() throws Exception {
    Path own = root.resolve("own.db");
    Path log = data().resolve("platen.db-wal");
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 41);
      server.kill9();
      String before = Disks.sha256(log);
      Files.move(database(), own);
      for (var command : new String[][] {{"gc"}, {"key", "create"}, {"doctor"}}) {
        var ended = platen(command);
        assertThat(ended.status()).as(ended.out()).isEqualTo(1);
        assertThat(ended.out() + ended.err())
            .contains("platen.db is missing", "platen.db-wal, which holds its newest changes");
      }
      var second =
          App.run("serve", "--port", "0", "--hypervisor=none", "--data", data().toString());
      assertThat(second.status()).isEqualTo(1);
      assertThat(second.err()).contains("platen.db is missing");
      assertThat(database()).doesNotExist();
      assertThat(Disks.sha256(log)).isEqualTo(before);
      Files.move(own, database());

      server.startAgain();
      server.client().get("/custom-templates/" + template).ok();
      // Stopped in order, the file holds everything, so that it can be moved as one.
      server.terminate();
      Files.move(database(), own);
      server.startAgain();
      server.terminate();
      moveDatabase(database(), root.resolve("new.db"));
      Files.move(own, database());
      server.startAgain();
      server.client().get("/custom-templates/" + template).ok();
    }
  }

  @Test
  void aBackupIsNotMixedWithTheLogOfAServerThatWasKilled() throws Exception {
    Path backup = root.resolve("backup.db");
    try (var server = RunningServer.start(data())) {
      var old = captured(server, "old", 51);
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
          var copying = connection.createStatement()) {
        copying.executeUpdate("VACUUM INTO '" + backup + "'");
      }
      var younger = captured(server, "younger", 52);
      server.kill9();
      Path log = data().resolve("platen.db-wal");
      Files.move(database(), root.resolve("newest.db"));
      Files.copy(backup, database());
      Files.setPosixFilePermissions(database(), PosixFilePermissions.fromString("rw-r--r--"));
      String before = Disks.sha256(database()) + Disks.sha256(log);
      for (var command : new String[][] {{"doctor"}, {"template", "list"}, {"gc"}}) {
        var ended = platen(command);
        assertThat(ended.status()).as(ended.out()).isEqualTo(1);
        assertThat(ended.out() + ended.err())
            .contains("another one was put in its place", "move " + log);
      }
      assertThat(Disks.sha256(database()) + Disks.sha256(log)).isEqualTo(before);
      for (var suffix : List.of("-wal", "-shm")) {
        Files.move(Path.of(database() + suffix), root.resolve("newest.db" + suffix));
      }
      server.startAgain();
      server.client().get("/custom-templates/" + old).ok();
      server.client().get("/custom-templates/" + younger).error(404, "NOT_FOUND");
      // It came back readable by all, and the server closed it: commands see all the same that the
      // server has it open, and leave it its log.
      assertThat(server.log()).contains("could be read by other users");
      assertThat(platen("key", "list").status()).isZero();
      var later = captured(server, "later", 53);
      server.restart();
      server.client().get("/custom-templates/" + later).ok();
      server.terminate();
      moveDatabase(database(), root.resolve("unwanted.db"));
      moveDatabase(root.resolve("newest.db"), database());
      server.startAgain();
      server.client().get("/custom-templates/" + younger).ok();
    }
  }
}
