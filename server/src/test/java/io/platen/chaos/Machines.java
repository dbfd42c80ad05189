package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Launched machines and their snapshots: what is asked of them, and what they must hold. */
final class Machines {
  static final String PATH = "/machines";
  static final String SNAPSHOTS = "/snapshots";

  /** With more than that, some are deleted before there are more. */
  private static final int MANY = 5;

  private static final int MANY_DELETED = 10;
  private static final int MANY_SNAPSHOTS = 7;

  private final Ground ground;
  private final Random random;
  private final Events events;
  private final Templates templates;
  private final Pool pool;

  /** What the disks of the launched machines hold. */
  private final Map<String, Integer> contents = new TreeMap<>();

  private final Set<String> deleting = new HashSet<>();

  /** Those that have been deleted; only an older database still knows them. */
  private final Set<String> gone = new HashSet<>();

  private final Map<String, Restoring> restoring = new HashMap<>();
  private final Map<String, Snapshot> underWay = new HashMap<>();

  /** Snapshots that are there, and whose deletion nobody asked for since. */
  private final Map<String, Snapshot> owed = new TreeMap<>();

  private record Restoring(int content, @Nullable String event) {}

  private record Snapshot(String machine, int content) {}

  Machines(Ground ground, Events events, Templates templates, Pool pool) {
    this.ground = ground;
    this.random = ground.random();
    this.events = events;
    this.templates = templates;
    this.pool = pool;
  }

  private Client client() {
    return ground.client();
  }

  private <T> @Nullable T any(Set<T> all) {
    return all.isEmpty() ? null : List.copyOf(all).get(random.nextInt(all.size()));
  }

  /** Does something with some machine or snapshot. */
  void work() {
    if (contents.size() > MANY) {
      deleteMachine();
    } else if (owed.size() > MANY_SNAPSHOTS) {
      deleteSnapshot();
    } else {
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> launch();
        case 3 -> deleteMachine();
        case 4, 5, 6 -> snapshot();
        case 7, 8 -> restore();
        default -> deleteSnapshot();
      }
    }
  }

  private void launch() {
    var template = templates.any();
    if (template != null) {
      var body =
          Map.of(
              "name",
              "m c" + template.getValue(),
              "machineType",
              "C5",
              "templateId",
              template.getKey(),
              "diskSize",
              50,
              "region",
              "ny2");
      events.note(Act.LAUNCH, ground.tried(() -> client().post(PATH, body)));
    }
  }

  private void deleteMachine() {
    String machine = any(contents.keySet());
    if (machine != null) {
      deleting.add(machine);
      owed.values().removeIf(snapshot -> snapshot.machine.equals(machine));
      events.note(Act.DELETE_MACHINE, ground.tried(() -> client().delete(PATH + "/" + machine)));
    }
  }

  private void snapshot() {
    String machine = any(contents.keySet());
    if (machine != null && !restoring.containsKey(machine)) {
      var taken = new Snapshot(machine, contents.getOrDefault(machine, 0));
      var body = Map.of("machineId", machine, "name", "s c" + taken.content);
      var answer = ground.tried(() -> client().post(SNAPSHOTS, body));
      events.note(Act.SNAPSHOT, answer);
      if (answer != null) {
        underWay.put(answer.path("data").path("id").asText(), taken);
      }
    }
  }

  private void restore() {
    String id = any(owed.keySet());
    var snapshot = id == null ? null : owed.get(id);
    if (snapshot != null && !restoring.containsKey(snapshot.machine)) {
      var body = Map.of("createSnapshotBeforeRestore", false);
      JsonNode answer = ground.tried(() -> client().post(SNAPSHOTS + "/" + id + "/restore", body));
      String event = events.note(Act.RESTORE_SNAPSHOT, answer);
      restoring.put(snapshot.machine, new Restoring(snapshot.content, event));
    }
  }

  private void deleteSnapshot() {
    String id = any(owed.keySet());
    if (id != null) {
      owed.remove(id);
      String purge = random.nextBoolean() ? "?purge=true" : "";
      events.note(
          Act.DELETE_SNAPSHOT, ground.tried(() -> client().delete(SNAPSHOTS + "/" + id + purge)));
    }
  }

  /** Writes to a machine's disk, as its guest does; nothing else may be under way. */
  void write() throws Exception {
    String machine = any(contents.keySet());
    if (machine != null) {
      Path written = ground.root().resolve("written.raw");
      int content = pool.write(written);
      Program.succeed(
          "qemu-io",
          "-f",
          "qcow2",
          "-c",
          "write -s %s 0 %d".formatted(written, Files.size(written)),
          disk(machine).toString());
      contents.put(machine, content);
      ground.tally().count(Act.WRITE);
    }
  }

  private Path disk(String machine) {
    return ground.data().resolve("machines").resolve(machine).resolve("disk.qcow2");
  }

  private String held(String machine) throws Exception {
    Path out = ground.root().resolve("held.raw");
    Files.deleteIfExists(out);
    Program.succeed(
        "qemu-img",
        "dd",
        "-f",
        "qcow2",
        "-O",
        "raw",
        "bs=1M",
        "count=" + Pool.LENGTH,
        "if=" + disk(machine),
        "of=" + out);
    return Disks.sha256(out);
  }

  private void assertHolds(String machine, int content) throws Exception {
    assertThat(held(machine)).as("the disk of %s", machine).isEqualTo(pool.sum(content));
  }

  Map<String, String> listed() {
    var listed = ground.listed(PATH);
    listed.keySet().removeIf(templates::isSource);
    return listed;
  }

  /** Notes what became of all that was asked for, which has ended. */
  void settle() throws Exception {
    var listed = listed();
    for (var entry : listed.entrySet()) {
      String id = entry.getKey();
      assertThat(gone).as("machines that were deleted").doesNotContain(id);
      if (!contents.containsKey(id)) {
        contents.put(id, Pool.contentOf(entry.getValue()));
        assertHolds(id, contents.getOrDefault(id, 0));
      }
    }
    for (var id : List.copyOf(contents.keySet())) {
      if (!listed.containsKey(id)) {
        assertThat(deleting).as("machines that are not there any more").contains(id);
        contents.remove(id);
        gone.add(id);
      }
    }
    deleting.clear();
    for (var entry : restoring.entrySet()) {
      if (contents.containsKey(entry.getKey())) {
        restored(entry.getKey(), entry.getValue());
      }
    }
    restoring.clear();
    for (var entry : underWay.entrySet()) {
      boolean isThere = client().get(SNAPSHOTS + "/" + entry.getKey()).status() == 200;
      if (isThere && contents.containsKey(entry.getValue().machine)) {
        owed.put(entry.getKey(), entry.getValue());
      }
    }
    underWay.clear();
  }

  private void restored(String machine, Restoring restored) throws Exception {
    if (!events.isDone(restored.event)
        && held(machine).equals(pool.sum(contents.getOrDefault(machine, 0)))) {
      return;
    }
    assertHolds(machine, restored.content);
    contents.put(machine, restored.content);
  }

  Map<String, String> listedSnapshots() {
    return ground.listed(SNAPSHOTS);
  }

  /** Nobody else purges those of machines that were deleted, and each has an index of 2 MB. */
  void makeRoom() {
    var ids = List.copyOf(listedDeletedSnapshots().keySet());
    for (var id : ids.subList(Math.min(MANY_DELETED, ids.size()), ids.size())) {
      events.note(
          Act.PURGE, ground.tried(() -> client().delete(SNAPSHOTS + "/" + id + "?purge=true")));
    }
  }

  Map<String, String> listedDeletedSnapshots() {
    return ground.listed(SNAPSHOTS + "?deleted=true");
  }

  /**
   * The database was made again of the store: it knows machines that were deleted since, and has to
   * know all others.
   *
   * @param isExact whether the store knew of everything
   */
  void recovered(boolean isExact) throws Exception {
    var listed = listed();
    assertThat(listed.keySet()).as("machines").containsAll(contents.keySet());
    for (var id : listed.keySet()) {
      if (!contents.containsKey(id)) {
        assertThat(gone).as("machines that were deleted").contains(id);
        client().awaitDone(client().delete(PATH + "/" + id).ok());
      }
    }
    var snapshots = listedSnapshots();
    if (isExact) {
      assertThat(snapshots.keySet()).as("snapshots").containsAll(owed.keySet());
    }
    owed.keySet().retainAll(snapshots.keySet());
    assertContents();
  }

  private void assertContents() throws Exception {
    for (var entry : contents.entrySet()) {
      assertHolds(entry.getKey(), entry.getValue());
    }
  }

  /** Machines hold what they have to, and all that is owed of their snapshots. */
  void verify() throws Exception {
    assertThat(listed().keySet()).as("machines").isEqualTo(contents.keySet());
    assertContents();
    var listed = listedSnapshots();
    assertThat(listed.keySet()).as("snapshots").containsAll(owed.keySet());
    for (var entry : listed.entrySet()) {
      var shown = client().get(SNAPSHOTS + "/" + entry.getKey()).ok();
      var restored = client().post(SNAPSHOTS + "/" + entry.getKey() + "/restore", Map.of()).ok();
      client().awaitDone(restored);
      int content = Pool.contentOf(entry.getValue());
      assertHolds(shown.path("machineId").asText(), content);
    }
  }

  /** Deletes all for good. */
  void giveUp() {
    for (var machine : listed().keySet()) {
      client().awaitDone(client().delete(PATH + "/" + machine).ok());
    }
    assertThat(listedSnapshots()).as("snapshots of machines that are deleted").isEmpty();
    for (var snapshot : listedDeletedSnapshots().keySet()) {
      client().awaitDone(client().delete(SNAPSHOTS + "/" + snapshot + "?purge=true").ok());
    }
  }
}
