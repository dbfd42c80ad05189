package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What is freed, verified and counted beside a running server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UpkeepIT {
  private static final int MIB = 1 << 20;
  private static final int BYTES = 6 * MIB;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Path root;
  private final Path data;
  private final RunningServer server;
  private final Client client;
  private final Seed seed;
  private final Store store;

  UpkeepIT(@TempDir Path root) throws Exception {
    this.root = root;
    data = root.resolve("data");
    // No room in the cache: an image stays only while a machine stands on it.
    Path config = Files.writeString(root.resolve("platen.yaml"), "upkeep: {cacheGb: 0}\n");
    server = RunningServer.start(data, "--config", config.toString());
    client = server.client();
    seed = Seed.of(server);
    store = new Store(data);
  }

  @AfterAll
  void end() {
    seed.close();
    server.close();
  }

  private Program.Ended platen(String... arguments) {
    var all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--data";
    all[arguments.length + 1] = data.toString();
    return Cli.run(all);
  }

  private Program.Ended succeeds(String... arguments) {
    var ended = platen(arguments);
    assertThat(ended.status()).as("%s%s", ended.out(), ended.err()).isZero();
    return ended;
  }

  private Path disk(String name, int seed) throws Exception {
    return Disks.random(root.resolve(name + ".raw"), BYTES, seed);
  }

  private String adopt(Path raw) throws Exception {
    return seed.adopt(raw, DiskFormat.RAW);
  }

  private static void write(Path raw, int mib, int value) throws Exception {
    Program.succeed(
        "qemu-io", "-f", "raw", "-c", "write -P %d %dM 1M".formatted(value, mib), raw.toString());
  }

  private JsonNode storage(String template) {
    return storageAnswer(template).ok();
  }

  private List<String> templates() {
    return StreamSupport.stream(
            client.get("/custom-templates?limit=120").ok().path("items").spliterator(), false)
        .map(item -> item.path("id").asText())
        .toList();
  }

  /** Counts anew, chunk by chunk, what the server says of a template. */
  private void assertCounted(String template) throws Exception {
    Set<String> own = store.chunks(template);
    Set<String> others = new HashSet<>();
    for (var other : templates()) {
      if (!other.equals(template)) {
        others.addAll(store.chunks(other));
      }
    }
    Set<String> exclusive = new HashSet<>(own);
    exclusive.removeAll(others);
    var counted = storage(template);
    assertThat(counted.size()).isEqualTo(6);
    assertThat(counted.path("chunks").asLong()).isEqualTo(own.size());
    assertThat(counted.path("sharedChunks").asLong()).isEqualTo(own.size() - exclusive.size());
    assertThat(counted.path("storedBytes").asLong()).isEqualTo(store.bytes(own));
    assertThat(counted.path("exclusiveBytes").asLong()).isEqualTo(store.bytes(exclusive));
  }

  @Test
  void whatDeletingFreesIsWhatWasSaidAndTheRestStaysExact() throws Exception {
    Path raw = disk("generations", 1);
    var machine = adopt(raw);
    var first = client.captured(machine, "first");
    write(raw, 0, 11);
    write(raw, 4, 12);
    var second = client.captured(machine, "second");
    assertCounted(first);
    assertCounted(second);
    var counted = storage(first);
    assertThat(counted.path("virtualBytes").asLong()).isEqualTo(BYTES);
    assertThat(counted.path("dataBytes").asLong()).isEqualTo(BYTES - MIB);
    long exclusive = counted.path("exclusiveBytes").asLong();
    assertThat(exclusive).isPositive();
    assertThat(succeeds("storage").out()).contains(first).contains(second).contains("default");

    succeeds("gc");
    client.purge(first);
    var before = store.files();
    var told = succeeds("gc", "--dry-run");
    assertThat(told.out()).contains("would remove 2 chunks");
    assertThat(store.files()).isEqualTo(before);

    assertThat(succeeds("gc").out()).contains("removed 2 chunks");
    var after = store.files();
    assertThat(before.keySet()).containsAll(after.keySet());
    long freed =
        before.entrySet().stream()
            .filter(file -> !after.containsKey(file.getKey()))
            .mapToLong(java.util.Map.Entry::getValue)
            .sum();
    assertThat(freed).isEqualTo(exclusive);
    Disks.assertHolds(data, second, raw);
    assertCounted(second);
    assertThat(succeeds("gc").out()).contains("removed 0 chunks");
    assertThat(succeeds("verify").out()).contains("all are whole");
    client.get("/custom-templates/" + first + "/storage").error(404, "NOT_FOUND");
    server
        .client(seed.key("others"))
        .get("/custom-templates/" + second + "/storage")
        .error(404, "NOT_FOUND");
  }

  @Test
  void whileOneRequestCountsOthersGetTheLastAnswerOrWaitAndTooManyAreAskedToComeAgain()
      throws Exception {
    Path raw = disk("counted", 21);
    var machine = adopt(raw);
    var first = client.captured(machine, "counted before");
    var counted = storage(first);
    var second = client.captured(machine, "not counted yet");
    // An index that is a pipe: who reads it waits until somebody writes.
    Path index = store.index(second);
    Path kept = Files.move(index, root.resolve("kept"));
    Program.succeed("mkfifo", index.toString());
    var requests = new ArrayList<CompletableFuture<Client.Answer>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      // One that counts, 100 that wait, and 2 more.
      for (int i = 0; i < 103; i++) {
        requests.add(CompletableFuture.supplyAsync(() -> storageAnswer(second), threads));
      }
      try {
        await("all but those that count or wait")
            .atMost(LIMIT)
            .until(() -> requests.stream().filter(CompletableFuture::isDone).count() == 2);
        for (int i = 0; i < 20; i++) {
          assertThat(storage(first)).isEqualTo(counted);
          var refused = storageAnswer(second);
          refused.error(503, "INTERNAL_SERVER_ERROR");
          assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        }
        assertThat(requests.stream().filter(CompletableFuture::isDone)).hasSize(2);
      } finally {
        Path pipe = Files.move(index, root.resolve("pipe"));
        Files.move(kept, index);
        // The count goes on, with an index that is empty.
        Files.write(pipe, new byte[0]);
      }
    }
    assertThat(requests.stream().filter(request -> request.join().status() == 503)).hasSize(3);
    assertThat(requests.stream().filter(request -> request.join().status() == 200)).hasSize(100);
    assertCounted(second);
    assertCounted(first);
  }

  private Client.Answer storageAnswer(String template) {
    return client.get("/custom-templates/" + template + "/storage");
  }

  @Test
  void aMachineKeepsWhatItsDeletedTemplateHeldAndTheLastMachineTakesItAlong() throws Exception {
    Path raw = disk("held", 2);
    var template = client.captured(adopt(raw), "held");
    assertThat(storage(template).path("exclusiveBytes").asLong()).isPositive();
    var machine = client.launched(template, 50, "holds");
    assertThat(storage(template).path("exclusiveBytes").asLong()).isZero();
    Path image = data.resolve("cache").resolve(Disks.sha256(store.index(template)) + ".raw");
    assertThat(image).exists();
    var chunks = store.chunks(template);

    client.purge(template);
    succeeds("gc");
    assertThat(image).exists();
    assertThat(chunks).allSatisfy(id -> assertThat(store.chunk(id)).exists());
    var again = client.captured(machine, "of the machine");
    assertThat(store.chunks(again)).containsAll(chunks);
    client.purge(again);

    client.awaitDone(client.delete("/machines/" + machine).ok());
    assertThat(succeeds("gc").out()).contains("removed 1 base images");
    assertThat(image).doesNotExist();
    assertThat(chunks).anySatisfy(id -> assertThat(store.chunk(id)).doesNotExist());
  }

  @Test
  void aBuildMakesRoomInTheCacheAndAnImageThatWentIsBuiltAgain() throws Exception {
    var one = client.captured(adopt(disk("one", 3)), "one");
    Path rawTwo = disk("two", 4);
    var two = client.captured(adopt(rawTwo), "two");
    Path imageOne = data.resolve("cache").resolve(Disks.sha256(store.index(one)) + ".raw");
    client.awaitDone(client.delete("/machines/" + client.launched(one, 50, "a")).ok());
    assertThat(imageOne).exists();
    var kept = client.launched(two, 50, "b");
    assertThat(imageOne).doesNotExist();
    client.launched(one, 50, "c");
    assertThat(imageOne).exists();
    Path copy = root.resolve("kept.raw");
    Program.succeed(
        "qemu-img",
        "convert",
        "-O",
        "raw",
        data.resolve("machines").resolve(kept).resolve("disk.qcow2").toString(),
        copy.toString());
    assertThat(Files.size(copy)).isEqualTo(50L << 30);
    Program.succeed("cmp", "-n", Integer.toString(BYTES), copy.toString(), rawTwo.toString());
  }

  @Test
  void anUnreadableIndexStopsACollectionBeforeItChangesAnything() throws Exception {
    var machine = adopt(disk("stop", 5));
    var gone = client.captured(machine, "gone");
    write(root.resolve("stop.raw"), 1, 13);
    var damaged = client.captured(machine, "index damaged");
    byte[] anotherIndex = Files.readAllBytes(store.index(gone));
    byte[] itsIndex = Files.readAllBytes(store.index(damaged));
    client.purge(gone);
    // A sound index of another disk is as bad as a broken one.
    Files.write(store.index(damaged), anotherIndex);
    assertThat(launchFails(damaged)).contains(damaged + ".caibx", "its SHA-256 is");
    assertThat(platen("gc").err()).contains(damaged + ".caibx", "its SHA-256 is");
    Files.write(store.index(damaged), itsIndex);
    Store.flip(store.index(damaged));
    try {
      assertThat(launchFails(damaged)).contains(damaged + ".caibx");
      var before = store.files();
      var stopped = platen("gc");
      assertThat(stopped.status()).isEqualTo(1);
      assertThat(stopped.err()).contains(damaged + ".caibx").contains("Restore that index");
      assertThat(store.files()).isEqualTo(before);
      var verified = platen("verify");
      assertThat(verified.status()).isEqualTo(1);
      assertThat(verified.out()).contains(damaged + " (index damaged, team default) is damaged");
      client.get("/custom-templates/" + damaged + "/storage").error(503, "INTERNAL_SERVER_ERROR");
    } finally {
      Store.flip(store.index(damaged));
    }
    assertThat(succeeds("gc").out()).doesNotContain("removed 0 chunks");
    assertThat(succeeds("verify", damaged).out()).contains("of 1 templates: all are");
  }

  private String launchFails(String template) {
    var launch = client.launch(template, 50, "never");
    var ended = client.awaitEnd(launch.path("event").path("id").asText());
    assertThat(ended.path("state").asText()).isEqualTo("error");
    return ended.path("error").asText();
  }

  @Test
  void badChunksAreToldWithWhomTheyHurtAreNeverLaunchedAndHealWithTheNextCapture()
      throws Exception {
    Path raw = disk("bad", 6);
    var machine = adopt(raw);
    var first = client.captured(machine, "damaged too");
    write(raw, 0, 14);
    var second = client.captured(machine, "damaged");
    var shared = new java.util.ArrayList<>(store.chunks(first));
    shared.retainAll(store.chunks(second));
    var corrupt = shared.get(0);
    var missing = shared.get(1);
    Store.flip(store.chunk(corrupt));
    Files.delete(store.chunk(missing));

    assertThat(launchFails(second)).contains(second).containsPattern(corrupt + "|" + missing);

    var before = store.files();
    var told = platen("verify", second);
    assertThat(told.status()).isEqualTo(1);
    assertThat(told.out())
        .contains("chunk " + corrupt + " is corrupt")
        .contains("chunk " + missing + " is missing")
        .contains(first + " (damaged too, team default) is damaged: 2 of its chunks are bad")
        .contains(second + " (damaged, team default) is damaged: 2 of its chunks are bad");
    assertThat(store.files()).isEqualTo(before);
    assertThat(available(first)).contains(true);

    var repaired = platen("verify", "--repair");
    assertThat(repaired.status()).isEqualTo(1);
    assertThat(repaired.out()).contains("set 1 chunks aside");
    assertThat(store.chunk(corrupt)).doesNotExist();
    assertThat(available(first)).containsOnly(false);
    assertThat(available(second)).containsOnly(false);
    var refused =
        client.post(
            "/machines",
            java.util.Map.of(
                "name",
                "refused",
                "machineType",
                "C5",
                "templateId",
                second,
                "diskSize",
                50,
                "region",
                "ny2"));
    assertThat(refused.error(409, "CONFLICT").path("message").asText())
        .contains(second)
        .containsPattern(corrupt + "|" + missing);

    // What is left of them is kept, and the same data makes them whole.
    succeeds("gc");
    client.captured(machine, "heals");
    await("both to be whole")
        .atMost(LIMIT)
        .until(() -> available(first).contains(true) && available(second).contains(true));
    assertThat(succeeds("verify").out()).contains("all are whole");
    Disks.assertHolds(data, second, raw);
    client.launched(second, 50, "launched after all");
  }

  private List<Boolean> available(String template) {
    return client
        .get("/custom-templates/" + template)
        .ok()
        .path("availableMachineTypes")
        .findValues("isAvailable")
        .stream()
        .map(JsonNode::asBoolean)
        .toList();
  }

  @Test
  void whatIsAskedForWronglyIsRefusedWithTheReason() {
    var unknown = platen("verify", "tunknown");
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.err()).contains("there is no template tunknown");
    var repair = platen("verify", "--repair", "tunknown");
    assertThat(repair.status()).isEqualTo(1);
    assertThat(repair.err()).contains("there is no template tunknown");
    client.get("/custom-templates/tunknown/storage").error(404, "NOT_FOUND");
    client.delete("/custom-templates/tunknown/storage").error(405, "METHOD_NOT_SUPPORTED");
  }
}
