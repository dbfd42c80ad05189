package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.awaitility.Awaitility;

/** The database is lost, and made again. To be called while nothing is under way. */
final class Disasters {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MAX_MILLIS = 2500;
  private static final List<String> WITH_DATABASE = List.of("-wal", "-shm");

  private final Ground ground;
  private final Random random;
  private final Events events;
  private final Templates templates;
  private final Machines machines;
  private boolean hasOlder;

  Disasters(Ground ground, Events events, Templates templates, Machines machines) {
    this.ground = ground;
    this.random = ground.random();
    this.events = events;
    this.templates = templates;
    this.machines = machines;
  }

  private Path database() {
    return ground.data().resolve("platen.db");
  }

  private Path older() {
    return ground.root().resolve("older.db");
  }

  void backup() {
    ground.tally().begin(Act.BACKUP);
    ground.succeeds("backup");
    ground.tally().end(Act.BACKUP);
  }

  /** Keeps the database as it is now, for it to be put back one day. */
  void keepOlder() throws Exception {
    ground.server().terminate();
    Files.copy(database(), older(), StandardCopyOption.REPLACE_EXISTING);
    hasOlder = true;
    ground.server().startAgain();
  }

  private void lose() throws Exception {
    Files.deleteIfExists(database());
    for (var suffix : WITH_DATABASE) {
      Files.deleteIfExists(Path.of(database() + suffix));
    }
    if (random.nextBoolean()) {
      Files.deleteIfExists(Path.of(database() + "-pair"));
    }
  }

  /** From a dump of this moment nothing is missing. */
  void restore() throws Exception {
    ground.server().terminate();
    ground.check().everyTemplateIsWhole();
    backup();
    lose();
    if (killedIn("restore", "--yes")) {
      lose();
    }
    ground.tally().begin(Act.RESTORE);
    ground.succeeds("restore", "--yes");
    ground.tally().end(Act.RESTORE);
    ground.server().startAgain();
  }

  /** As {@code docs/operations.md} says: whatever the command has left, the next one may begin. */
  private boolean killedIn(String... arguments) throws Exception {
    if (random.nextInt(3) > 0) {
      return false;
    }
    ground.tally().begin(Act.KILL_IN_RECOVERY);
    boolean killed = ground.killed(random.nextInt(MAX_MILLIS), arguments);
    if (killed) {
      ground.tally().end(Act.KILL_IN_RECOVERY);
    }
    return true;
  }

  /** Of the newest dump, or an older database, and of what the store tells since. */
  void recover() throws Exception {
    boolean isExact = random.nextBoolean();
    if (isExact) {
      awaitManifests();
    }
    var before = everything();
    if (random.nextInt(3) == 0) {
      backup();
    }
    ground.kill();
    lose();
    boolean isOlder = hasOlder && random.nextInt(3) == 0;
    if (isOlder) {
      Files.copy(older(), database());
    }
    isExact &= recoverStore(isOlder);
    events.forget();
    boolean first = random.nextBoolean();
    if (first) {
      recoverMachines();
    }
    ground.server().startAgain();
    if (!first) {
      recoverMachines();
    }
    giveUpDamaged(before);
    templates.recovered(isExact);
    machines.recovered(isExact);
    if (isExact) {
      assertThat(everything()).as("what is there after the recovery").isEqualTo(before);
    }
  }

  private void awaitManifests() {
    Awaitility.await("manifests that tell of everything")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(ground.check().ids("SELECT template_id FROM manifest_change"))
                    .isEmpty());
  }

  /**
   * Recovers the store.
   *
   * @param isOlder whether an older database was put back
   * @return whether the database follows what the store tells
   */
  private boolean recoverStore(boolean isOlder) throws Exception {
    boolean follows = true;
    String[] command = {"store", "recover", "--yes"};
    ground.tally().begin(Act.STORE_RECOVER);
    boolean isAgain = killedIn(command);
    var recovered = ground.platen(command);
    if (recovered.status() != 0 && isOlder) {
      // Of before the database was made again from the manifests alone: what it says holds then.
      assertThat(recovered.err()).contains("belongs to another database", "platen store attach");
      ground.succeeds("store", "attach", "--yes");
      recovered = ground.platen(command);
      follows = false;
    } else if (recovered.status() != 0 && isAgain) {
      assertThat(recovered.err()).contains("move this one away first");
      lose();
      recovered = ground.platen(command);
    }
    assertWell(recovered, "store recover");
    ground.tally().end(Act.STORE_RECOVER);
    return follows;
  }

  private static void assertWell(Program.Ended ended, String command) {
    assertThat(ended.status()).as("platen %s: %s%s", command, ended.out(), ended.err()).isZero();
  }

  /** Counts where there were any. */
  private void recoverMachines() {
    var recovered = ground.platen("machine", "recover", "--all");
    assertWell(recovered, "machine recover");
    if (!recovered.out().isBlank()) {
      ground.tally().count(Act.MACHINE_RECOVER);
    }
  }

  /**
   * An older database has rows of what was purged and collected since: the recovery marks them, and
   * they can be purged once more.
   */
  private void giveUpDamaged(Map<String, String> before) throws Exception {
    var client = ground.client();
    for (var snapshots : List.of(true, false)) {
      String path = snapshots ? Machines.SNAPSHOTS : Templates.PATH;
      for (var id : damaged(snapshots)) {
        assertThat(before)
            .as("what was there before it was damaged")
            .doesNotContainKeys(path + id, "deleted " + path + id);
        client.post(path + "/" + id + "/unprotect", Map.of());
        var answer = client.delete(path + "/" + id + "?purge=true").ok();
        if (snapshots) {
          client.awaitDone(answer);
        }
      }
    }
  }

  private List<String> damaged(boolean snapshots) throws Exception {
    return ground
        .check()
        .ids(
            "SELECT id FROM template WHERE state = 'damaged' AND dt_purged IS NULL AND is_snapshot = "
                + (snapshots ? 1 : 0));
  }

  /** The names of all that is there, by path and id. */
  private Map<String, String> everything() {
    var all = new TreeMap<String, String>();
    templates.listed().forEach((id, name) -> all.put(Templates.PATH + id, name));
    templates
        .listedDeleted()
        .forEach((id, name) -> all.put("deleted " + Templates.PATH + id, name));
    machines.listed().forEach((id, name) -> all.put(Machines.PATH + id, name));
    machines.listedSnapshots().forEach((id, name) -> all.put(Machines.SNAPSHOTS + id, name));
    machines
        .listedDeletedSnapshots()
        .forEach((id, name) -> all.put("deleted " + Machines.SNAPSHOTS + id, name));
    return all;
  }
}
