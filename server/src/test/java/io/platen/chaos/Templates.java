package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.DiskFormat;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Custom templates: what is asked of them, and which of them must be there. */
final class Templates {
  static final String PATH = "/custom-templates";
  private static final String DELETED = PATH + "?deleted=true";
  private static final int MACHINES = 3;

  /** With more templates than that, some are purged before there are more. */
  private static final int MANY = 12;

  /** With more deleted ones than that, some are purged. */
  private static final int MANY_DELETED = 6;

  private final Ground ground;
  private final Random random;
  private final Events events;
  private final Pool pool;
  private final List<String> machines = new ArrayList<>();
  private final List<Path> disks = new ArrayList<>();

  /** A disk that is being captured must not change. */
  private final Set<Integer> capturing = new HashSet<>();

  private final Map<Integer, String> underWay = new HashMap<>();

  /** Templates that are there, and that nobody was asked to delete since; with their content. */
  private final Map<String, Integer> owed = new TreeMap<>();

  /** Those of them that can't be deleted. */
  private final Set<String> guarded = new HashSet<>();

  private final List<String> deleted = new ArrayList<>();

  Templates(Ground ground, Events events, Pool pool) throws Exception {
    this.ground = ground;
    this.random = ground.random();
    this.events = events;
    this.pool = pool;
    try (var made = Seed.of(ground.server())) {
      for (int i = 0; i < MACHINES; i++) {
        Path disk = ground.root().resolve("disk" + i + ".raw");
        disks.add(disk);
        pool.write(disk);
        machines.add(made.adopt(disk, DiskFormat.RAW));
      }
    }
  }

  boolean isSource(String machine) {
    return machines.contains(machine);
  }

  private Client client() {
    return ground.client();
  }

  /** Some template that is owed, and its content; null where there is none. */
  Map.@Nullable Entry<String, Integer> any() {
    var all = List.copyOf(owed.entrySet());
    return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
  }

  /** Captures one of the machines that nothing captures yet. */
  void capture() throws Exception {
    int machine = random.nextInt(MACHINES);
    if (!capturing.add(machine)) {
      return;
    }
    int content = pool.write(disks.get(machine));
    var body = Map.of("machineId", machines.get(machine), "name", "c" + content);
    var answer = ground.tried(() -> client().post(PATH, body));
    events.note(Act.CAPTURE, answer);
    if (answer != null) {
      underWay.put(content, answer.path("data").path("id").asText());
    }
  }

  /** Captures to the end, one after the other, for as long as something else goes on. */
  void captureBeside(Thread other) throws Exception {
    while (other.isAlive()) {
      int before = underWay.size();
      capture();
      if (underWay.size() == before) {
        break;
      }
      events.settle();
      capturing.clear();
    }
    other.join();
  }

  /** Purges some where there are many, so that there is room for more. */
  void makeRoom() {
    for (int i = owed.size(); i > MANY; i--) {
      delete(true);
    }
    for (int i = deleted.size(); i > MANY_DELETED; i--) {
      purgeDeleted();
    }
  }

  /** Does something with some template. */
  void work() {
    switch (random.nextInt(8)) {
      case 0, 1 -> rename();
      case 2 -> protect();
      case 3 -> unprotect();
      case 4, 5 -> delete(random.nextInt(3) == 0);
      default -> undelete();
    }
  }

  private void rename() {
    var template = any();
    if (template != null) {
      String name = "r" + random.nextInt(1000) + " c" + template.getValue();
      ground.tried(
          Act.RENAME, () -> client().put(PATH + "/" + template.getKey(), Map.of("name", name)));
    }
  }

  private void protect() {
    var template = any();
    if (template != null) {
      String path = PATH + "/" + template.getKey() + "/protect";
      if (ground.tried(Act.PROTECT, () -> client().post(path, Map.of())) != null) {
        guarded.add(template.getKey());
      }
    }
  }

  private void unprotect() {
    var all = List.copyOf(guarded);
    if (!all.isEmpty()) {
      String template = all.get(random.nextInt(all.size()));
      guarded.remove(template);
      String path = PATH + "/" + template + "/unprotect";
      ground.tried(Act.UNPROTECT, () -> client().post(path, Map.of()));
    }
  }

  /** Deletes some template; one that is protected stays. */
  void delete(boolean purge) {
    var template = any();
    if (template == null || (owed.size() < 4 && random.nextBoolean())) {
      return;
    }
    String id = template.getKey();
    if (guarded.contains(id)) {
      assertThat(ground.tried(() -> deleted(id, purge)))
          .as("the deletion of %s, which is protected", id)
          .isNull();
      return;
    }
    owed.remove(id);
    var answer = ground.tried(purge ? Act.PURGE : Act.DELETE, () -> deleted(id, purge));
    if (answer != null && !purge) {
      deleted.add(id);
    }
  }

  private Client.Answer deleted(String id, boolean purge) {
    return client().delete(PATH + "/" + id + (purge ? "?purge=true" : ""));
  }

  private void purgeDeleted() {
    String template = deleted.remove(random.nextInt(deleted.size()));
    ground.tried(Act.PURGE, () -> deleted(template, true));
  }

  private void undelete() {
    if (!deleted.isEmpty()) {
      String id = deleted.remove(random.nextInt(deleted.size()));
      var answer =
          ground.tried(Act.UNDELETE, () -> client().post(PATH + "/" + id + "/undelete", Map.of()));
      if (answer != null) {
        owed.put(id, Pool.contentOf(answer.path("name").asText()));
      }
    }
  }

  /** Notes what became of the captures, all of which have ended. */
  void settle() {
    for (var entry : underWay.entrySet()) {
      if (client().get(PATH + "/" + entry.getValue()).status() == 200) {
        owed.put(entry.getValue(), entry.getKey());
      }
    }
    underWay.clear();
    capturing.clear();
  }

  Map<String, String> listed() {
    return ground.listed(PATH);
  }

  Map<String, String> listedDeleted() {
    return ground.listed(DELETED);
  }

  /**
   * The database was made again of the store.
   *
   * @param isExact whether the store knew of everything
   */
  void recovered(boolean isExact) {
    var listed = listed();
    var listedDeleted = listedDeleted();
    for (var id : List.copyOf(owed.keySet())) {
      if (listed.containsKey(id)) {
        continue;
      }
      // What was undeleted a moment before may be deleted again, and is not lost.
      assertThat(isExact).as("template %s is not there any more", id).isFalse();
      assertThat(listedDeleted).as("deleted templates").containsKey(id);
      owed.remove(id);
      deleted.add(id);
    }
    deleted.retainAll(listedDeleted.keySet());
    if (!isExact) {
      guarded.clear();
    }
  }

  /** Everything that is owed is there, and what is there is exact. */
  void verify() throws Exception {
    var listed = listed();
    assertThat(listed.keySet()).as("templates").containsAll(owed.keySet());
    for (var entry : listed.entrySet()) {
      Path out = ground.root().resolve("extracted");
      Disks.extract(ground.data(), entry.getKey(), out);
      assertThat(Disks.sha256(out))
          .as("template %s (%s)", entry.getKey(), entry.getValue())
          .isEqualTo(pool.sum(Pool.contentOf(entry.getValue())));
      Files.delete(out);
    }
  }

  /** Deletes all for good. */
  void giveUp() {
    for (var id : listed().keySet()) {
      client().post(PATH + "/" + id + "/unprotect", Map.of()).ok();
      client().purge(id);
    }
    listedDeleted().keySet().forEach(client()::purge);
  }
}
