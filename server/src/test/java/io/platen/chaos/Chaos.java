package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Random work for a real server, under random {@code kill -9}, full disks and unreadable chunks.
 * After each death the directory is looked at as it was left; at the end everything that was
 * promised must be there, exactly, and after everything was given up nothing.
 */
final class Chaos implements AutoCloseable {
  /** What is done, and what goes wrong. */
  enum Act {
    CAPTURE,
    LAUNCH,
    DELETE_MACHINE,
    RENAME,
    DELETE,
    UNDELETE,
    PURGE,
    GC,
    GC_BESIDE,
    VERIFY,
    REPAIR,
    BACKUP,
    RESTORE,
    KILL,
    FULL,
    EIO
  }

  private static final int MACHINES = 3;
  private static final int MAX_MILLIS = 900;

  /** With more templates than that, some are purged before there are more. */
  private static final int MANY = 12;

  private final Random random;
  private final Path root;
  private final Path data;
  private final StoreCheck check;
  private final Pool pool;
  private final Map<Act, Integer> counts = new EnumMap<>(Act.class);
  private final List<String> machines = new ArrayList<>();
  private final List<Path> disks = new ArrayList<>();
  private final Map<Integer, String> underWay = new HashMap<>();

  /** Templates that are there, and that nobody was asked to delete since. */
  private final Map<String, Integer> owed = new TreeMap<>();

  private final List<String> deleted = new ArrayList<>();
  private final Map<String, String> ended = new HashMap<>();
  private RunningServer server;

  /**
   * @param become see {@link RunningServer#startAs}
   */
  Chaos(Path root, long seed, List<String> become) throws Exception {
    this.root = root;
    this.random = new Random(seed);
    pool = new Pool(random);
    data = Files.createDirectories(root.resolve("data"));
    check = new StoreCheck(data, root.resolve("copy"));
    Program.succeed("mount", "-t", "tmpfs", "-o", "size=400m,mode=700", "none", data.toString());
    Files.writeString(config(), "upkeep: {cacheGb: 0, collectHours: 1000, scrubDays: 0}\n");
    server =
        RunningServer.startAs(become, data, List.of(), Map.of(), "--config", config().toString());
    try (var made = Seed.of(server)) {
      for (int i = 0; i < MACHINES; i++) {
        Path disk = root.resolve("disk" + i + ".raw");
        disks.add(disk);
        pool.write(disk);
        machines.add(made.adopt(disk, DiskFormat.RAW));
      }
    }
  }

  private Path config() {
    return root.resolve("platen.yaml");
  }

  Map<Act, Integer> counts() {
    return counts;
  }

  /** Goes on for this long, at least. */
  void run(Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      round();
    }
  }

  /** Some work at once, something that goes wrong, and what must hold then. */
  void round() throws Exception {
    var events = new ArrayList<String>();
    if (random.nextInt(3) == 0) {
      collectBeside(events);
    }
    // A disk that is being captured must not change.
    var capturing = new HashSet<Integer>();
    int works = 2 + random.nextInt(4);
    for (int i = 0; i < works; i++) {
      int machine = random.nextInt(MACHINES);
      if (i == 0 || (random.nextInt(3) == 0 && !capturing.contains(machine))) {
        capturing.add(machine);
        var begun = capture(machine, pool.write(disks.get(machine)));
        if (begun != null) {
          events.add(begun);
        }
      } else {
        work(events);
      }
    }
    fail();
    settle(events);
    if (random.nextInt(4) == 0) {
      calm();
    }
  }

  /**
   * Captures what lies there as garbage, one after the other, for as long as a collection takes.
   */
  private void collectBeside(List<String> events) throws Exception {
    count(Act.GC_BESIDE);
    delete(server.client(), true);
    var collection = Thread.ofVirtual().start(() -> platen("gc"));
    while (collection.isAlive()) {
      int machine = random.nextInt(MACHINES);
      var begun = capture(machine, pool.write(disks.get(machine)));
      if (begun == null) {
        break;
      }
      server.client().awaitEnd(begun);
      events.add(begun);
    }
    collection.join();
  }

  private @Nullable String capture(int machine, int content) {
    count(Act.CAPTURE);
    var answer =
        tried(
            () ->
                server
                    .client()
                    .post(
                        "/custom-templates",
                        Map.of("machineId", machines.get(machine), "name", "c" + content)));
    if (answer == null) {
      return null;
    }
    String event = answer.path("event").path("id").asText();
    underWay.put(content, answer.path("data").path("id").asText());
    return event;
  }

  private void work(List<String> events) {
    var client = server.client();
    if (owed.size() > MANY) {
      delete(client, true);
      return;
    }
    switch (random.nextInt(7)) {
      case 0, 1 -> launch(client, events);
      case 2 -> deleteMachine(client);
      case 3 -> rename(client);
      case 4 -> delete(client, false);
      case 5 -> delete(client, random.nextBoolean());
      default -> undelete(client);
    }
  }

  private void launch(Client client, List<String> events) {
    var template = any();
    if (template != null) {
      count(Act.LAUNCH);
      var answer =
          tried(
              () ->
                  client.post(
                      "/machines",
                      Map.of(
                          "name", "launched",
                          "machineType", "C5",
                          "templateId", template,
                          "diskSize", 50,
                          "region", "ny2")));
      if (answer != null) {
        events.add(answer.path("event").path("id").asText());
      }
    }
  }

  private void deleteMachine(Client client) {
    var listed = tried(() -> client.get("/machines?limit=120"));
    if (listed == null) {
      return;
    }
    var launched = new ArrayList<String>();
    for (var machine : listed.path("items")) {
      String id = machine.path("id").asText();
      if (!machines.contains(id)) {
        launched.add(id);
      }
    }
    if (!launched.isEmpty()) {
      count(Act.DELETE_MACHINE);
      tried(() -> client.delete("/machines/" + launched.get(random.nextInt(launched.size()))));
    }
  }

  private void rename(Client client) {
    var template = any();
    if (template != null) {
      count(Act.RENAME);
      String name = "r" + random.nextInt(1000) + " c" + owed.get(template);
      tried(() -> client.put("/custom-templates/" + template, Map.of("name", name)));
    }
  }

  private void delete(Client client, boolean purge) {
    var template = any();
    if (template == null || (owed.size() < 4 && random.nextBoolean())) {
      return;
    }
    count(purge ? Act.PURGE : Act.DELETE);
    owed.remove(template);
    var answer =
        tried(() -> client.delete("/custom-templates/" + template + (purge ? "?purge=true" : "")));
    if (answer != null && !purge) {
      deleted.add(template);
    }
  }

  private void undelete(Client client) {
    if (deleted.isEmpty()) {
      return;
    }
    count(Act.UNDELETE);
    var template = deleted.remove(random.nextInt(deleted.size()));
    var answer = tried(() -> client.post("/custom-templates/" + template + "/undelete", Map.of()));
    if (answer != null) {
      owed.put(template, Pool.contentOf(answer.path("name").asText()));
    }
  }

  private @Nullable String any() {
    var ids = List.copyOf(owed.keySet());
    return ids.isEmpty() ? null : ids.get(random.nextInt(ids.size()));
  }

  /** What an answer says; null where there is none, or it is no success. */
  private static @Nullable JsonNode tried(Supplier<Client.Answer> request) {
    try {
      var answer = request.get();
      return answer.status() < 300 ? answer.ok() : null;
    } catch (RuntimeException e) {
      return null; // the server was killed, or has no room to write: nobody knows what was done
    }
  }

  private void fail() throws Exception {
    switch (random.nextInt(10)) {
      case 0 -> full();
      case 1 -> unreadable();
      case 2, 3 -> {}
      default -> kill();
    }
  }

  private void kill() throws Exception {
    count(Act.KILL);
    // Not to wait for anything: this is the random moment.
    Thread.sleep(random.nextInt(MAX_MILLIS));
    server.kill9();
    check.everyTemplateIsWhole();
    server.startAgain();
  }

  private void full() throws Exception {
    count(Act.FULL);
    Path filler = data.resolve("filler");
    Program.run(List.of("dd", "if=/dev/zero", "of=" + filler, "bs=64k", "status=none"));
    Thread.sleep(random.nextInt(MAX_MILLIS));
    Files.deleteIfExists(filler);
  }

  /** The kernel answers EIO to who reads a process's memory at 0. */
  private void unreadable() throws Exception {
    var chunks = check.chunks();
    if (chunks.isEmpty()) {
      return;
    }
    count(Act.EIO);
    Path chunk = chunks.get(random.nextInt(chunks.size()));
    Path aside = root.resolve("aside");
    Files.copy(chunk, aside, StandardCopyOption.REPLACE_EXISTING);
    Files.delete(chunk);
    Files.createSymbolicLink(chunk, Path.of("/proc/self/mem"));
    platen("verify");
    Files.deleteIfExists(chunk);
    Files.createDirectories(Objects.requireNonNull(chunk.getParent()));
    Files.copy(aside, chunk);
  }

  /** Waits until all that was asked for has ended, and notes what became of it. */
  private void settle(List<String> events) throws Exception {
    var client = server.client();
    for (var event : events) {
      var found = client.get("/machine-events/" + event);
      if (found.status() == 200) {
        var end = client.awaitEnd(event);
        ended.put(event, end.path("state").asText());
      }
    }
    for (var entry : underWay.entrySet()) {
      var shown = client.get("/custom-templates/" + entry.getValue());
      if (shown.status() == 200) {
        owed.put(entry.getValue(), entry.getKey());
      }
    }
    underWay.clear();
  }

  /** What takes a server that has nothing else to do, or none. */
  private void calm() throws Exception {
    switch (random.nextInt(4)) {
      case 0 -> {
        count(Act.GC);
        succeeds("gc");
      }
      case 1 -> {
        count(Act.VERIFY);
        succeeds("verify");
      }
      case 2 -> {
        count(Act.REPAIR);
        succeeds("verify", "--repair");
      }
      default -> backupAndRestore();
    }
  }

  private void backupAndRestore() throws Exception {
    server.terminate();
    check.everyTemplateIsWhole();
    count(Act.BACKUP);
    succeeds("backup");
    for (var suffix : List.of("", "-wal", "-shm", "-pair")) {
      Files.deleteIfExists(data.resolve("platen.db" + suffix));
    }
    count(Act.RESTORE);
    succeeds("restore", "--yes");
    server.startAgain();
  }

  private Program.Ended platen(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString(), "--config", config().toString()));
    return Cli.run(all.toArray(String[]::new));
  }

  private void succeeds(String... arguments) {
    var run = platen(arguments);
    assertThat(run.status())
        .as("platen %s: %s%s", String.join(" ", arguments), run.out(), run.err())
        .isZero();
  }

  private void count(Act act) {
    counts.merge(act, 1, Integer::sum);
  }

  /** Everything that is owed is there, to the byte; then all is given up, and nothing is left. */
  void end() throws Exception {
    var client = server.client();
    var listed = listed(client, "/custom-templates?limit=120");
    assertThat(listed.keySet()).as("templates").containsAll(owed.keySet());
    for (var entry : listed.entrySet()) {
      Path out = Disks.extract(data, entry.getKey(), root.resolve("extracted"));
      assertThat(Disks.sha256(out))
          .as("template %s (%s)", entry.getKey(), entry.getValue())
          .isEqualTo(pool.sum(Pool.contentOf(entry.getValue())));
      Files.delete(out);
    }
    server.terminate();
    check.everyTemplateIsWhole();
    assertThat(check.openEvents()).as("open events").isEmpty();
    assertThat(check.eventStates()).as("ends of events").containsAllEntriesOf(ended);
    server.startAgain();
    giveUp(server.client(), listed);
  }

  private void giveUp(Client client, Map<String, String> listed) throws Exception {
    for (var machine : listed(client, "/machines?limit=120").keySet()) {
      if (!machines.contains(machine)) {
        client.awaitDone(client.delete("/machines/" + machine).ok());
      }
    }
    var all = new ArrayList<>(listed.keySet());
    all.addAll(listed(client, "/custom-templates?deleted=true&limit=120").keySet());
    all.forEach(client::purge);
    // The second one takes the tombstones of what went with the first.
    succeeds("gc");
    succeeds("gc");
    server.terminate();
    check.nothingIsLeft();
  }

  /** The names of what is listed, by id. */
  private static Map<String, String> listed(Client client, String path) {
    var found = new TreeMap<String, String>();
    String after = "";
    JsonNode page;
    do {
      page = client.get(path + after).ok();
      for (var item : page.path("items")) {
        found.put(item.path("id").asText(), item.path("name").asText());
      }
      after = "&after=" + Client.encode(page.path("nextPage").asText());
    } while (page.path("hasMore").asBoolean());
    return found;
  }

  @Override
  public void close() throws IOException {
    server.close();
    unmount();
  }

  private void unmount() throws IOException {
    try {
      Program.succeed("umount", "-l", data.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(data + " is left mounted", e);
    }
  }
}
