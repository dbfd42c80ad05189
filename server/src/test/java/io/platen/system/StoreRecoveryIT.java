package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database is lost with its server killed, and made again of what the store holds. */
final class StoreRecoveryIT {
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

  private Path manifest(String template) {
    return data().resolve("manifest").resolve(template + ".json");
  }

  /** Manifests follow changes within seconds. */
  private void awaitManifest(String template, String text) {
    Awaitility.await(text + " in the manifest of " + template)
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.readString(manifest(template)).contains(text));
  }

  private static void rename(RunningServer server, String template, String name) {
    server.client().put("/custom-templates/" + template, Map.of("name", name)).ok();
  }

  @Test
  void theNewestDumpAndYoungerManifestsMakeTheDatabaseAgain() throws Exception {
    try (var server = RunningServer.start(data())) {
      var kept = captured(server, "kept", 71);
      var renamed = captured(server, "renamed", 72);
      var deleted = captured(server, "deleted", 73);
      var lost = captured(server, "lost", 74);
      assertThat(platen("backup").status()).isZero();
      rename(server, renamed, "its new name");
      server.client().delete("/custom-templates/" + deleted).ok();
      var since = captured(server, "since", 75);
      awaitManifest(renamed, "its new name");
      awaitManifest(deleted, "\"state\":\"deleted\"");
      server.kill9();
      loseDatabase();
      Files.delete(data().resolve("index").resolve(lost + ".caibx"));
      Files.writeString(manifest("tbroken"), "{\"format\":1,");
      Files.writeString(manifest("tnewer"), "{\"format\":99}");
      var stolen = (ObjectNode) Client.JSON.readTree(Files.readString(manifest(kept)));
      stolen.put("number", 1000);
      ((ObjectNode) stolen.get("team")).put("id", "strangers");
      Files.writeString(manifest(kept), stolen.toString());

      var planned = platen("store", "recover", "--dry-run");
      assertThat(planned.status()).as(planned.err()).isZero();
      assertThat(planned.err()).contains("first it gets the rows of " + data());
      assertThat(planned.out())
          .contains(since + "  since", renamed + "  renamed, now its new name")
          .contains(deleted + "  deleted", lost + "  lost: its index", "tbroken", "tnewer")
          .contains(kept + "  it names another team than the database");
      assertThat(data().resolve("platen.db")).doesNotExist();
      assertThat(platen("store", "recover").status()).isEqualTo(1);
      var done = platen("store", "recover", "--yes");
      assertThat(done.status()).as(done.err()).isZero();
      assertThat(done.out()).isEqualTo(planned.out());
      assertThat(done.err()).contains("API keys that were revoked since", "platen key list");

      server.startAgain();
      var client = server.client();
      String listed = platen("template", "list").out();
      for (var template : List.of(kept, renamed, since)) {
        client.get("/custom-templates/" + template).ok();
        assertThat(listed).containsPattern(template + " +available");
      }
      assertThat(listed).containsPattern(lost + " +damaged");
      Disks.assertHolds(data(), kept, root.resolve("kept.raw"));
      Disks.assertHolds(data(), renamed, root.resolve("renamed.raw"));
      Disks.assertHolds(data(), since, root.resolve("since.raw"));
      assertThat(client.get("/custom-templates/" + renamed).ok().path("name").asText())
          .isEqualTo("its new name");
      client.get("/custom-templates/" + deleted).error(404, "NOT_FOUND");
      client.launched(since, 50, "of the one that came back");
      // The store is the database's again, and what is whole stays so. A collection leaves a store
      // to the newer version that works on it.
      assertThat(platen("gc").err()).contains("tnewer.json has the format 99");
      Files.delete(manifest("tnewer"));
      assertThat(platen("gc").err()).contains("nothing is removed", lost + ".caibx", "purge");
      captured(server, "afterwards", 76);
      Disks.assertHolds(data(), since, root.resolve("since.raw"));
    }
  }

  @Test
  void aMachineThatWasRestoredSinceTheDumpStandsOnWhatItsDiskSays() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "purged", 61);
      var client = server.client();
      var machine = client.launched(template, 50, "restored");
      var body = Map.of("machineId", machine, "name", "s");
      var snapshot = client.awaitDone(client.post("/snapshots", body).ok()).path("id").asText();
      assertThat(platen("backup").status()).isZero();
      client.awaitDone(client.post("/snapshots/" + snapshot + "/restore", Map.of()).ok());
      client.purge(template);
      assertThat(data().resolve("index").resolve(template + ".caibx")).doesNotExist();
      assertThat(platen("gc").status()).isZero();
      server.kill9();
      loseDatabase();
      var done = platen("store", "recover", "--yes");
      assertThat(done.status()).as(done.err()).isZero();
      server.startAgain();
      // The dump has a row of it, and knows nothing of its end.
      server.client().purge(template);
      var collected = platen("gc");
      assertThat(collected.status()).as(collected.err()).isZero();
      server.client().captured(machine, "of the restored one");
    }
  }

  @Test
  void anOlderDatabaseOfBeforeARecoveryFollowsTheStoreToo() throws Exception {
    try (var server = RunningServer.start(data())) {
      var kept = captured(server, "kept", 64);
      var deleted = captured(server, "deleted", 65);
      awaitManifest(deleted, "\"state\":\"available\"");
      assertThat(platen("backup").status()).isZero();
      server.terminate();
      Path older = Files.copy(data().resolve("platen.db"), root.resolve("older.db"));
      loseDatabase();
      // The store is given to the database once more: the copy does not know that.
      assertThat(platen("store", "recover", "--yes").status()).isZero();
      server.startAgain();
      server.client().delete("/custom-templates/" + deleted).ok();
      awaitManifest(deleted, "\"state\":\"deleted\"");
      server.terminate();
      loseDatabase();
      Files.copy(older, data().resolve("platen.db"));

      var recovered = platen("store", "recover", "--yes");
      assertThat(recovered.status()).as(recovered.err()).isZero();
      assertThat(recovered.out()).contains(deleted + "  deleted");
      server.startAgain();
      assertThat(platen("template", "list").out()).contains(kept).doesNotContain(deleted);
      captured(server, "since", 66);
    }
  }

  @Test
  void anOlderDatabaseThatIsPutBackFollowsADiskThatWasRestoredSince() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 63);
      var machine = server.client().launched(template, 50, "restored");
      var body = Map.of("machineId", machine, "name", "s");
      var snapshot =
          server.client().awaitDone(server.client().post("/snapshots", body).ok()).path("id");
      // Once its manifest is right the older database knows all that the store tells of.
      awaitManifest(snapshot.asText(), "\"state\":\"available\"");
      server.terminate();
      Path older = Files.copy(data().resolve("platen.db"), root.resolve("older.db"));
      server.startAgain();
      String restore = "/snapshots/" + snapshot.asText() + "/restore";
      server.client().awaitDone(server.client().post(restore, Map.of()).ok());
      server.terminate();
      Files.copy(older, data().resolve("platen.db"), StandardCopyOption.REPLACE_EXISTING);

      server.startAgain();
      server.client().captured(machine, "of the restored one");
      var collected = platen("gc");
      assertThat(collected.status()).as(collected.err()).isZero();
    }
  }

  @Test
  void whatOnlyALostMachineNeedsStaysUntilThatIsTakenOnAgain() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "purged", 62);
      assertThat(platen("backup").status()).isZero();
      var client = server.client();
      var machine = client.launched(template, 50, "since the dump");
      client.purge(template);
      awaitManifest(template, "\"purged\":\"");
      var index = data().resolve("index").resolve(template + ".caibx");
      server.kill9();
      loseDatabase();
      var done = platen("store", "recover", "--yes");
      assertThat(done.status()).as(done.err()).isZero();

      server.startAgain();
      var refused = platen("gc");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err())
          .contains("nothing is removed", machine, template, "platen machine recover");
      assertThat(index).exists();
      var taken = platen("machine", "recover", "--all");
      assertThat(taken.status()).as(taken.err()).isZero();
      var collected = platen("gc");
      assertThat(collected.status()).as(collected.err()).isZero();
      assertThat(index).exists();
      server.client().captured(machine, "of the one that came back");
    }
  }

  @Test
  void withoutADumpTemplatesWaitUntilTheirTeamIsConfirmed() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 81);
      server.kill9();
      loseDatabase();
      var planned = platen("store", "recover", "--yes");
      assertThat(planned.status()).as(planned.err()).isZero();
      assertThat(planned.err()).contains("there is no dump: all is taken from the manifests");
      assertThat(planned.out()).contains("kept apart: 1 of the team default; --confirm-team te");
      // What is kept apart is not collected.
      var collected = platen("gc");
      assertThat(collected.status()).isEqualTo(1);
      assertThat(collected.err()).contains("nothing is removed");
      var unknown = platen("store", "recover", "--yes", "--confirm-team", "nobody");
      assertThat(unknown.status()).isEqualTo(1);
      assertThat(unknown.err()).contains("no manifest names a team \"nobody\"");

      var confirmed = platen("store", "recover", "--yes", "--confirm-team", "default");
      assertThat(confirmed.status()).as(confirmed.err()).isZero();
      assertThat(confirmed.out()).contains("the team default is taken on", template + "  kept");
      var key = platen("key", "create").lastLine();
      server.startAgain();
      assertThat(server.client(key).get("/custom-templates/" + template).ok().path("name").asText())
          .isEqualTo("kept");
      Disks.assertHolds(data(), template, root.resolve("kept.raw"));
      server.client(key).launched(template, 50, "launched");
      assertThat(platen("gc").status()).isZero();
    }
  }

  @Test
  void aDatabaseThatAServerMadeBesideTheStoreIsNotTakenForItsOwn() throws Exception {
    try (var server = RunningServer.start(data())) {
      var template = captured(server, "kept", 91);
      var older = Path.of(platen("backup").lastLine());
      var newest = Path.of(platen("backup").lastLine());
      server.kill9();
      loseDatabase();
      server.startAgain();
      server.kill9();
      var refused = platen("store", "recover", "--yes");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("belongs to another database", "move this one away");
      // And its dump does not come before the good ones.
      assertThat(platen("backup").status()).isEqualTo(1);

      loseDatabase();
      byte[] whole = Files.readAllBytes(newest);
      Files.write(newest, Arrays.copyOf(whole, whole.length - 100));
      var cut = platen("store", "recover", "--yes");
      assertThat(cut.status()).isEqualTo(1);
      String name = String.valueOf(older.getFileName()).replace(".jsonl.zst", "");
      assertThat(cut.err()).contains("it was cut off", "--from " + name);
      var done = platen("store", "recover", "--yes", "--from", name);
      assertThat(done.status()).as(done.err()).isZero();
      server.startAgain();
      server.client().get("/custom-templates/" + template).ok();
    }
  }
}
