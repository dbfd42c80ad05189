package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database, a store or indexes in the place of others: nothing is removed, and it is said what to
 * do.
 */
final class WrongDatabaseIT {
  private static final int BYTES = 5 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path root;

  private Path data() {
    return root.resolve("data");
  }

  /** No room in the cache: whatever image may go does, after each build and collection. */
  private Path config() throws Exception {
    return Files.writeString(
        root.resolve("platen.yaml"), "upkeep: {cacheGb: 0, collectHours: 1000}\n");
  }

  private RunningServer start() throws Exception {
    return RunningServer.start(data(), "--config", config().toString());
  }

  private Program.Ended platen(String... arguments) throws Exception {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data().toString(), "--config", config().toString()));
    return Cli.run(all.toArray(String[]::new));
  }

  private void assertRefused(String... reasons) throws Exception {
    for (var command : new String[][] {{"gc"}, {"gc", "--dry-run"}}) {
      var ended = platen(command);
      assertThat(ended.status()).as(ended.out()).isEqualTo(1);
      assertThat(ended.err()).contains("nothing is removed: ").contains(reasons);
    }
  }

  private void assertCollects() throws Exception {
    var ended = platen("gc");
    assertThat(ended.status()).as(ended.err()).isZero();
  }

  private Path disk(String name, int seed) throws Exception {
    return Disks.random(root.resolve(name + ".raw"), BYTES, seed);
  }

  private String captured(RunningServer server, String name, int seed) throws Exception {
    try (var made = Seed.of(server)) {
      return server.client().captured(made.adopt(disk(name, seed), DiskFormat.RAW), name);
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

  private Path database() {
    return data().resolve("platen.db");
  }

  /** Makes the scheduled collection due at once, as a night would. */
  private void makeCollectionDue() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        var update = connection.createStatement()) {
      assertThat(
              update.executeUpdate(
                  "UPDATE upkeep_job SET execution_time = 0 WHERE task_name = 'collect'"))
          .isEqualTo(1);
    }
  }

  @Test
  void aNewDatabaseOverAStoreChangesNothingAndItsOwnDatabaseGoesOnWithAll() throws Exception {
    var store = new Store(data());
    String kept;
    String machine;
    try (var server = start()) {
      kept = captured(server, "kept", 1);
      machine = server.client().launched(kept, 50, "stands on it");
      var deleted = captured(server, "deleted", 2);
      server.client().purge(deleted);
      server.terminate();
    }
    var before = store.contents();
    assertThat(before).anySatisfy((file, sum) -> assertThat(file).startsWith("cache/"));
    Path own = root.resolve("own.db");
    moveDatabase(database(), own);

    String stranger;
    try (var server = start()) {
      assertThat(server.log())
          .contains("Collections remove nothing", "belongs to another database", "store attach");
      assertRefused("belongs to another database", "platen store attach");
      makeCollectionDue();
      await("the scheduled collection")
          .atMost(LIMIT)
          .until(() -> server.log().contains("the collection failed: nothing is removed"));
      assertCaptureIsRefused(server);
      server.terminate();
      assertThat(store.contents()).isEqualTo(before);
      // Nobody runs: the same.
      assertRefused("belongs to another database");
      // Not even without the indexes, by which they could be recognized.
      Path indexes = Files.move(data().resolve("index"), root.resolve("index"));
      assertRefused("belongs to another database");
      Files.delete(data().resolve("index"));
      Files.move(indexes, data().resolve("index"));
      assertThat(store.contents()).isEqualTo(before);
      stranger = attachedAndCaptured(server, kept);
    }
    assertThat(store.contents()).containsAllEntriesOf(before);

    moveDatabase(database(), root.resolve("new.db"));
    moveDatabase(own, database());
    assertRefused("belongs to another database");
    assertThat(platen("store", "attach", "--yes").status()).isZero();
    assertRefused(stranger, "has never known");
    assertThat(store.contents()).containsAllEntriesOf(before);
    for (var file : List.of("index/" + stranger + ".caibx", "manifest/" + stranger + ".json")) {
      Files.move(data().resolve(file), root.resolve(stranger));
      Files.delete(root.resolve(stranger));
    }
    var ended = platen("gc");
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).doesNotContain("removed 0 chunks");
    Disks.assertHolds(data(), kept, root.resolve("kept.raw"));
    assertDisk(machine, "kept");
  }

  private void assertCaptureIsRefused(RunningServer server) throws Exception {
    try (var made = Seed.of(server)) {
      var client = server.client();
      var machine = made.adopt(disk("refused", 5), DiskFormat.RAW);
      var capture = client.capture(machine, "refused");
      var ended = client.awaitEnd(capture.path("event").path("id").asText());
      assertThat(ended.path("state").asText()).isEqualTo("error");
      assertThat(ended.path("error").asText())
          .contains("nothing is written to the store", "platen store attach");
    }
  }

  /**
   * A person says that the new database is the right one: it captures, and still collects nothing.
   */
  private String attachedAndCaptured(RunningServer server, String unknown) throws Exception {
    var asked = platen("store", "attach");
    assertThat(asked.status()).isEqualTo(1);
    assertThat(asked.err()).contains("that this database has never known: ", unknown, "--yes");
    assertRefused("belongs to another database");
    var attached = platen("store", "attach", "--yes");
    assertThat(attached.status()).as(attached.err()).isZero();
    assertRefused(unknown, "has never known");
    server.startAgain();
    var stranger = captured(server, "stranger", 3);
    assertRefused("has never known");
    server.terminate();
    return stranger;
  }

  /** Asserts that a machine's disk still is what its template was made from. */
  private void assertDisk(String machine, String name) throws Exception {
    Path copy = root.resolve("copy.raw");
    Program.succeed(
        "qemu-img",
        "convert",
        "-O",
        "raw",
        data().resolve("machines").resolve(machine).resolve("disk.qcow2").toString(),
        copy.toString());
    Program.succeed(
        "cmp",
        "-n",
        Integer.toString(BYTES),
        copy.toString(),
        root.resolve(name + ".raw").toString());
    Files.delete(copy);
  }

  @Test
  void anOlderDatabaseRemovesNothingOfWhatCameLater() throws Exception {
    var store = new Store(data());
    Path backup = root.resolve("backup.db");
    try (var server = start()) {
      var client = server.client();
      var old = captured(server, "old", 11);
      var elsewhere = captured(server, "deleted elsewhere", 15);
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
          var copying = connection.createStatement()) {
        copying.executeUpdate("VACUUM INTO '" + backup + "'");
      }
      // As a copy of the installation has it, that went its own way.
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + backup);
          var deleting = connection.createStatement()) {
        deleting.executeUpdate("UPDATE template SET dt_deleted = 1 WHERE id = '" + elsewhere + "'");
      }
      var younger = captured(server, "younger", 12);
      var machine = client.launched(old, 50, "stands on the old one");
      // Nothing stands on this one's image, but it is not the older database's to remove.
      client.awaitDone(client.delete("/machines/" + client.launched(younger, 50, "gone")).ok());
      assertThat(cached(store.index(younger))).exists();
      server.terminate();
      var before = store.contents();
      moveDatabase(database(), root.resolve("newest.db"));
      Files.copy(backup, database());

      server.startAgain();
      assertRefused(younger, "an older database was put back");
      makeCollectionDue();
      await("the scheduled collection")
          .atMost(LIMIT)
          .until(() -> server.log().contains("the collection failed: nothing is removed"));
      // The build wants room, and the database knows the image below the machine, but no machine.
      client = server.client();
      var another = captured(server, "another", 13);
      client.awaitDone(client.delete("/machines/" + client.launched(another, 50, "a")).ok());
      client.launched(captured(server, "third", 14), 50, "b");
      assertThat(cached(store.index(another))).doesNotExist();
      assertThat(store.contents()).containsAllEntriesOf(before);
      assertDisk(machine, "old");
    }
  }

  @Test
  void whatAnOlderDatabaseTakesForUnfinishedIsNotMadeAnew() throws Exception {
    try (var server = start()) {
      var template = captured(server, "captured", 31);
      var launch = server.client().launch(template, 50, "launched");
      server.client().awaitDone(launch);
      String machine = launch.path("data").path("id").asText();
      server.terminate();
      String index = Disks.sha256(new Store(data()).index(template));
      // The guest has written to its disk since, and the captured disk has changed.
      Path disk = data().resolve("machines").resolve(machine).resolve("disk.qcow2");
      Program.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 1M", disk.toString());
      String written = Disks.sha256(disk);
      disk("captured", 32);
      makeUnfinished(template, machine);

      server.startAgain();
      var client = server.client();
      await("the jobs that the database has").atMost(LIMIT).until(() -> unfinished() == 0);
      client.awaitDone(launch);
      assertThat(Disks.sha256(new Store(data()).index(template))).isEqualTo(index);
      Disks.assertHolds(data(), template, disk("copy", 31));
      assertThat(Disks.sha256(disk)).isEqualTo(written);
      assertThat(client.get("/machines/" + machine).ok().path("state").asText()).isEqualTo("off");
      assertThat(platen("template", "list").out()).contains(template + "  available");
    }
  }

  /** As a backup that was made while they were captured and launched. */
  private void makeUnfinished(String template, String machine) throws Exception {
    String open = "UPDATE event SET state = 'in progress', dt_finished = NULL WHERE ";
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        var update = connection.createStatement()) {
      update.executeUpdate(
          "UPDATE template SET state = 'capturing', index_digest = NULL WHERE id = '"
              + template
              + "'");
      update.executeUpdate(
          "UPDATE machine SET state = 'provisioning' WHERE id = '" + machine + "'");
      update.executeUpdate(open + "template_id = '" + template + "'");
      update.executeUpdate(open + "machine_id = '" + machine + "'");
      for (var queue : List.of("capture_job", "machine_job")) {
        String name = queue.equals("capture_job") ? "template-create" : "create";
        update.executeUpdate(
            "INSERT INTO %s (task_name, task_instance, execution_time, picked, version) SELECT 'event', id, 0, FALSE, 1 FROM event WHERE name = '%s'"
                .formatted(queue, name));
      }
    }
  }

  private int unfinished() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        var query =
            connection.prepareStatement("SELECT COUNT(*) FROM event WHERE dt_finished IS NULL");
        var rows = query.executeQuery()) {
      return rows.next() ? rows.getInt(1) : 0;
    }
  }

  private Path cached(Path index) throws Exception {
    return data().resolve("cache").resolve(Disks.sha256(index) + ".raw");
  }

  @Test
  void indexesAndChunksThatAreNotMountedStopACollection() throws Exception {
    var store = new Store(data());
    try (var server = start()) {
      var first = captured(server, "first", 21);
      captured(server, "second", 22);
      var client = server.client();
      client.purge(first);
      // The image is worth more than its chunks as long as those are not there.
      client.awaitDone(
          client
              .delete("/machines/" + client.launched(captured(server, "third", 23), 50, "m"))
              .ok());
      server.terminate();
    }
    var before = store.contents();
    Path elsewhere = root.resolve("elsewhere");
    for (var name : List.of("index", "store.castr")) {
      Files.move(data().resolve(name), elsewhere);
      assertRefused("Mount the file system");
      assertNothingIsMarked();
      Program.succeed("rm", "-r", data().resolve(name).toString());
      Files.move(elsewhere, data().resolve(name));
      assertThat(store.contents()).isEqualTo(before);
    }
    anotherStoreInItsPlace(elsewhere);
    assertThat(store.contents()).isEqualTo(before);
    assertCollects();
    assertThat(store.contents()).hasSizeLessThan(before.size());
  }

  /** What is not there at all is not damaged. */
  private void assertNothingIsMarked() throws Exception {
    var ended = platen("verify", "--repair");
    assertThat(ended.status()).as(ended.out()).isEqualTo(1);
    assertThat(ended.err()).contains("no template is marked as damaged: ", "Mount the file system");
    assertThat(platen("template", "list").out()).contains("available").doesNotContain("damaged");
  }

  /** All of its chunks are garbage by this database. */
  private void anotherStoreInItsPlace(Path elsewhere) throws Exception {
    Path other = root.resolve("other");
    Path raw = disk("other", 24);
    var imported =
        Cli.run(
            "import", raw.toString(), "--format", "raw", "--name", "o", "--data", other.toString());
    assertThat(imported.status()).as(imported.err()).isZero();
    Files.move(data().resolve("store.castr"), elsewhere);
    Files.move(other.resolve("store.castr"), data().resolve("store.castr"));
    assertRefused("lacks", "Mount the file system that holds the store");
    assertNothingIsMarked();
    Files.move(data().resolve("store.castr"), other.resolve("store.castr"));
    Files.move(elsewhere, data().resolve("store.castr"));
    Disks.assertHolds(other, imported.lastLine(), raw);
  }
}
