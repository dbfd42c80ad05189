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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a store says of itself is lost, damaged, another's, or was never said: nothing is changed
 * until it is known whose the store is, and each message names the remedy.
 */
final class StoreIdentityIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path root;

  private Path data() {
    return root.resolve("data");
  }

  private Path storeFile() {
    return data().resolve("store.json");
  }

  private Program.Ended platen(String... arguments) {
    return platenOn(data(), arguments);
  }

  private static Program.Ended platenOn(Path data, String... arguments) {
    var all = new java.util.ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString()));
    return Cli.run(all.toArray(String[]::new));
  }

  private void assertNothingChanges(RunningServer server, String machine, String... why)
      throws Exception {
    var store = new Store(data());
    var before = store.contents();
    for (var command : List.of(List.of("gc"), List.of("verify", "--repair"))) {
      var refused = platen(command.toArray(String[]::new));
      assertThat(refused.status()).as("%s: %s", command, refused.out()).isEqualTo(1);
      assertThat(refused.err()).contains(why).contains("platen store attach");
    }
    assertThat(server.client().captureFails(machine))
        .contains("nothing is written to the store")
        .contains(why);
    assertThat(platen("doctor").out())
        .contains("nothing is captured, and nothing removed")
        .contains(why);
    assertThat(store.contents()).isEqualTo(before);
  }

  private void assertWorks() {
    var ended = platen("gc");
    assertThat(ended.status()).as(ended.err()).isZero();
  }

  @Test
  void aStoreThatSaysNothingOrHalfOfItIsAttachedByHand() throws Exception {
    try (var server = RunningServer.start(data());
        var seed = Seed.of(server)) {
      var client = server.client();
      Path raw = Disks.random(root.resolve("disk.raw"), 3 << 20, 1);
      var machine = seed.adopt(raw, DiskFormat.RAW);
      var template = client.captured(machine, "kept");
      client.purge(client.captured(machine, "purged"));
      assertWorks();
      String whole = Files.readString(storeFile());

      Files.delete(storeFile());
      assertNothingChanges(server, machine, "store.json is missing", "Mount the file system");
      client.launched(template, 50, "launches go on");
      Files.writeString(storeFile(), whole.substring(0, whole.length() / 2));
      assertNothingChanges(server, machine, "store.json", "can't be read");
      // The file itself is as good as attaching.
      Files.writeString(storeFile(), whole);
      assertWorks();

      Files.delete(storeFile());
      var asked = platen("store", "attach");
      assertThat(asked.status()).isEqualTo(1);
      assertThat(asked.err()).contains("holds   1 indexes", "its store is ", "--yes");
      assertThat(storeFile()).doesNotExist();
      assertThat(platen("store", "attach", "--yes").status()).isZero();
      assertWorks();
      String attached = Files.readString(storeFile());
      var again = platen("store", "attach", "--yes");
      assertThat(again.status()).as(again.err()).isZero();
      assertThat(again.err()).contains("They belong together already");
      assertThat(storeFile()).hasContent(attached);
      var nodes = platen("node", "list");
      assertThat(nodes.status()).isEqualTo(1);
      assertThat(nodes.err()).contains("SQLite has one node");
      client.captured(machine, "again");
      // The store that the database knew before is another one from now on.
      Files.writeString(storeFile(), whole);
      assertNothingChanges(server, machine, "an older database was put back");
      assertThat(platen("store", "attach", "--yes").status()).isZero();
      assertWorks();
      Disks.assertHolds(data(), template, raw);
    }
  }

  @Test
  void theDirectoriesOfAStoreThatAreCopiedToAnotherHostAreNotItsOwn() throws Exception {
    Path there = root.resolve("there");
    String template;
    Path raw = Disks.random(root.resolve("disk.raw"), 3 << 20, 2);
    try (var server = RunningServer.start(data());
        var seed = Seed.of(server)) {
      template = server.client().captured(seed.adopt(raw, DiskFormat.RAW), "kept");
      server.terminate();
    }
    var key = platenOn(there, "key", "create");
    assertThat(key.status()).as(key.err()).isZero();
    assertThat(platenOn(there, "gc").status()).isZero();
    for (var part : List.of("store.castr", "index", "manifest", "store.json")) {
      Program.succeed("rm", "-rf", there.resolve(part).toString());
      Program.succeed("cp", "-a", data().resolve(part).toString(), there.resolve(part).toString());
    }
    var before = new Store(there).contents();
    var refused = platenOn(there, "gc");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("belongs to another database", data().toString());
    var verified = platenOn(there, "verify");
    assertThat(verified.status()).isEqualTo(1);
    assertThat(verified.err())
        .contains("only what this database knows of was read", "belongs to another database");
    assertThat(platenOn(there, "store", "attach", "--yes").status()).isZero();
    // It is the database's now, which still does not know what is in it.
    assertThat(platenOn(there, "gc").err()).contains("has never known: " + template);
    assertThat(new Store(there).contents()).isEqualTo(before);
    assertWorks();
    Disks.assertHolds(data(), template, raw);
    Disks.assertHolds(there, template, raw);

    // Not even what is left when that is moved away goes, as long as it may be all there is.
    for (var part : List.of("index", "manifest")) {
      Files.move(there.resolve(part), root.resolve("moved-" + part));
      Files.createDirectory(there.resolve(part));
    }
    var chunks = new Store(there).contents();
    var waits = platenOn(there, "gc");
    assertThat(waits.status()).isEqualTo(1);
    assertThat(waits.err()).contains("has no template yet", "move store.castr");
    assertThat(new Store(there).contents()).isEqualTo(chunks);
    try (var server = RunningServer.startWithKey(there, key.lastLine());
        var seed = Seed.of(server)) {
      Path other = Disks.random(root.resolve("other.raw"), 3 << 20, 4);
      var first = server.client().captured(seed.adopt(other, DiskFormat.RAW), "the first");
      var collected = platenOn(there, "gc");
      assertThat(collected.status()).as(collected.err()).isZero();
      assertThat(collected.out()).contains("removed 3 chunks");
      Disks.assertHolds(there, first, other);
    }
  }

  @Test
  void aManifestOfANewerVersionStopsCollectionsAndNothingElse() throws Exception {
    try (var server = RunningServer.start(data());
        var seed = Seed.of(server)) {
      var machine = seed.adopt(Disks.random(root.resolve("a.raw"), 2 << 20, 5), DiskFormat.RAW);
      var template = server.client().captured(machine, "told by a newer one");
      Path manifest = data().resolve("manifest").resolve(template + ".json");
      server.terminate();
      Files.writeString(manifest, "{\"format\":99}");

      server.startAgain();
      server.client().captured(machine, "captures go on");
      var refused = platen("gc");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err())
          .contains("a newer version of Platen wrote", template, "Run that version")
          .contains("move these files");
      assertThat(platen("doctor").out()).contains("newer version of Platen wrote");
      assertThat(manifest).hasContent("{\"format\":99}");

      Files.move(manifest, root.resolve("moved.json"));
      await("a collection").atMost(LIMIT).until(() -> platen("gc").status() == 0);
      await("its manifest").atMost(LIMIT).until(() -> Files.exists(manifest));
      assertThat(Files.readString(manifest)).contains("told by a newer one");
    }
  }

  @Test
  void aStoreFromBeforeGetsItsIdentityAndItsManifestsWhereItsIndexesAreKnown() throws Exception {
    try (var server = RunningServer.start(data());
        var seed = Seed.of(server)) {
      var machine = seed.adopt(Disks.random(root.resolve("a.raw"), 2 << 20, 3), DiskFormat.RAW);
      var template = server.client().captured(machine, "from before");
      Path manifest = data().resolve("manifest").resolve(template + ".json");
      Path unknown = data().resolve("index").resolve("tunknown.caibx");
      server.terminate();
      forgetIdentity();
      Files.delete(manifest);
      Files.copy(new Store(data()).index(template), unknown);

      server.startAgain();
      assertThat(storeFile()).doesNotExist();
      var refused = platen("gc");
      assertThat(refused.err()).contains("tunknown", "has never known");
      server.client().captured(machine, "it goes on as before");
      server.terminate();
      assertThat(unknown).exists();
      Files.delete(unknown);

      server.startAgain();
      assertThat(storeFile()).exists();
      await("its manifest").atMost(LIMIT).until(() -> Files.exists(manifest));
      assertThat(Files.readString(manifest)).contains(template, "\"name\":\"from before\"");
      assertWorks();
      assertThat(platen("doctor").out()).doesNotContain("MISSING store");
    }
  }

  private void forgetIdentity() throws Exception {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + data().resolve("platen.db"));
        var update = connection.createStatement()) {
      assertThat(
              update.executeUpdate("DELETE FROM setting WHERE name IN ('database-id', 'store-id')"))
          .isEqualTo(2);
    }
    Files.delete(storeFile());
  }
}
