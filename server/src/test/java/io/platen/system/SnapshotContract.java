package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Metrics;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Snapshots of machines that are off, and restores, on either database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SnapshotContract {
  private static final int MIB = 1 << 20;

  private final Path root;
  private final @Nullable Path config;
  private final RunningServer server;
  private final Seed seed;
  private final Client client;
  private final String template;

  /**
   * @param config of the server; null for none
   */
  SnapshotContract(Path root, @Nullable Path config) throws Exception {
    this.root = root;
    this.config = config;
    Path data = root.resolve("data");
    server =
        config == null
            ? RunningServer.start(data)
            : RunningServer.start(data, "--config", config.toString());
    seed = config == null ? Seed.of(server) : Seed.of(server, config);
    client = server.client();
    Path disk = Disks.random(root.resolve("source.raw"), 8 * MIB, 8);
    template = client.captured(seed.machine("default", "source", disk, 8 * MIB), "source");
  }

  @AfterAll
  void end() throws Exception {
    seed.close();
    server.close();
  }

  private Path directory(String machine) {
    return server.data().resolve("machines").resolve(machine);
  }

  private Path disk(String machine) {
    return directory(machine).resolve("disk.qcow2");
  }

  /** As a guest would. */
  private void write(String machine, int pattern, String range) throws Exception {
    Program.succeed(
        "qemu-io",
        "-f",
        "qcow2",
        "-c",
        "write -P %d %s".formatted(pattern, range),
        disk(machine).toString());
  }

  private JsonNode begin(String machine, String name) {
    return client.post("/snapshots", Map.of("machineId", machine, "name", name)).ok();
  }

  private String snapshot(String machine, String name) {
    return client.awaitDone(begin(machine, name)).path("id").asText();
  }

  private void restore(String snapshot, Object body) {
    client.awaitDone(client.post("/snapshots/" + snapshot + "/restore", body).ok());
  }

  private static void assertSame(Path one, Path other) throws Exception {
    assertThat(
            Program.succeed(
                "qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", "" + one, "" + other))
        .contains("identical");
  }

  /** What a machine's disk holds, in an image that stands on nothing. */
  private Path copy(String machine, String name) throws Exception {
    Path copy = root.resolve(name + ".qcow2");
    Program.succeed(
        "qemu-img", "convert", "-f", "qcow2", "-O", "qcow2", "" + disk(machine), "" + copy);
    return copy;
  }

  private List<String> names(String machine) {
    var names = new ArrayList<String>();
    client
        .get("/snapshots?order=asc&machineId=" + machine)
        .ok()
        .path("items")
        .forEach(item -> names.add(item.path("name").asText()));
    return names;
  }

  private boolean hasIndex(String id) {
    return Files.exists(server.data().resolve("index").resolve(id + ".caibx"));
  }

  @Test
  void aMachineGetsBackWhatItsDiskHeld() throws Exception {
    String machine = client.launched(template, 50, "restored");
    write(machine, 1, "1M 3M");
    Path then = copy(machine, "then");
    String first = snapshot(machine, "first");
    write(machine, 2, "2M 9M");
    Path now = copy(machine, "now");
    restore(first, Map.of("createSnapshotBeforeRestore", true));
    assertSame(then, disk(machine));
    assertThat(client.get("/machines/" + machine).ok().path("state").asText()).isEqualTo("off");
    assertThat(names(machine)).containsExactly("first", "Before the restore of first");
    // Nothing runs here, so the former disk is not waited for.
    try (var files = Files.list(directory(machine))) {
      assertThat(files.map(file -> "" + file.getFileName())).noneMatch(n -> n.contains("former"));
    }
    String before =
        client
            .get("/snapshots?machineId=" + machine)
            .ok()
            .path("items")
            .path(0)
            .path("id")
            .asText();
    restore(before, "");
    assertSame(now, disk(machine));
    // A snapshot of a restored machine copies what it did not change.
    String again = snapshot(machine, "again");
    write(machine, 3, "0 12M");
    restore(again, Map.of());
    assertSame(now, disk(machine));
    Program.succeed("qemu-img", "check", "-f", "qcow2", "" + disk(machine));
  }

  @Test
  void whatARestoredMachineStandsOnOutlivesItsSnapshotAndACollection() throws Exception {
    String machine = client.launched(template, 50, "stands");
    write(machine, 4, "1M 1M");
    Path then = copy(machine, "stands");
    String first = snapshot(machine, "first");
    restore(first, Map.of());
    client.awaitDone(client.delete("/snapshots/" + first + "?purge=true").ok());
    client.get("/snapshots/" + first).error(404, "NOT_FOUND");
    gc();
    assertThat(hasIndex(first)).isTrue();
    assertSame(then, disk(machine));
    String second = snapshot(machine, "second");
    restore(second, Map.of());
    gc();
    assertThat(hasIndex(first)).isFalse();
    assertSame(then, disk(machine));
    client.awaitDone(client.delete("/machines/" + machine).ok());
    client.get("/snapshots/" + second).error(404, "NOT_FOUND");
    assertThat(directory(machine)).doesNotExist();
    // It went with its machine, and comes back without it.
    gc();
    var gone = client.get("/snapshots?deleted=true&machineId=" + machine).ok().path("items");
    assertThat(gone.findValuesAsText("id")).containsExactly(second);
    client.post("/snapshots/" + second + "/undelete", "").ok();
    client.post("/snapshots/" + second + "/undelete", "").error(409, "CONFLICT");
    assertThat(names(machine)).containsExactly("second");
    var refused = client.post("/snapshots/" + second + "/restore", "").error(409, "CONFLICT");
    assertThat(refused.path("message").asText()).contains("launch a machine from it");
    assertSame(then, disk(client.launched(second, 50, "from the deleted machine's")));
    client.awaitDone(client.delete("/snapshots/" + second).ok());
    client.awaitDone(client.delete("/snapshots/" + second + "?purge=true").ok());
    client.post("/snapshots/" + second + "/undelete", "").error(404, "NOT_FOUND");
  }

  private void gc() throws Exception {
    var arguments = new ArrayList<>(List.of("gc", "--data", server.data().toString()));
    if (config != null) {
      arguments.addAll(List.of("--config", config.toString()));
    }
    App.succeed(arguments.toArray(String[]::new));
  }

  @Test
  void snapshotsAreListedRenamedAndDeleted() throws Exception {
    String machine = client.launched(template, 50, "listed");
    var begun = begin(machine, "b");
    assertThat(begun.path("data").properties().stream().map(Map.Entry::getKey))
        .containsExactly("id", "name", "machineId", "isAutoSnapshot");
    assertThat(begun.path("event").path("name").asText()).isEqualTo("snapshot-create");
    assertThat(begun.path("event").path("machineId").asText()).isEqualTo(machine);
    client.awaitDone(begun);
    String id = begun.path("data").path("id").asText();
    snapshot(machine, "a");
    var page = client.get("/snapshots?orderBy=name&order=asc&limit=1&machineId=" + machine).ok();
    assertThat(page.path("items").path(0).path("name").asText()).isEqualTo("a");
    // A walk meets each one once, whatever is renamed meanwhile.
    client.put("/snapshots/" + id, Map.of("name", "0")).ok();
    String after = "&after=" + page.path("nextPage").asText();
    var rest = client.get("/snapshots?orderBy=name&order=asc&machineId=" + machine + after).ok();
    assertThat(rest.path("items").findValuesAsText("id")).containsExactly(id);
    assertThat(client.get("/snapshots/" + id).ok().path("name").asText()).isEqualTo("0");

    var other = server.client(seed.key("another"));
    other.get("/snapshots/" + id).error(404, "NOT_FOUND");
    other.put("/snapshots/" + id, Map.of("name", "x")).error(404, "NOT_FOUND");
    other.delete("/snapshots/" + id).error(404, "NOT_FOUND");
    other.post("/snapshots/" + id + "/restore", Map.of()).error(404, "NOT_FOUND");
    other.post("/snapshots", Map.of("machineId", machine, "name", "x")).error(404, "NOT_FOUND");
    assertThat(other.get("/snapshots").ok().path("items")).isEmpty();

    var deleted = client.delete("/snapshots/" + id).ok();
    assertThat(deleted.path("event").path("name").asText()).isEqualTo("snapshot-delete");
    client.awaitDone(deleted);
    other.post("/snapshots/" + id + "/undelete", "").error(404, "NOT_FOUND");
    other.delete("/snapshots/" + id + "?purge=true").error(404, "NOT_FOUND");
    assertThat(other.get("/snapshots?deleted=true").ok().path("items")).isEmpty();
    assertThat(hasIndex(id)).isTrue();
    client.awaitDone(client.delete("/snapshots/" + id + "?purge=true").ok());
    assertThat(hasIndex(id)).isFalse();
    assertThat(names(machine)).containsExactly("a");
  }

  @Test
  void aSnapshotIsNoTemplateButAMachineCanBeLaunchedFromIt() throws Exception {
    String machine = client.launched(template, 50, "no template");
    write(machine, 5, "2M 1M");
    String id = snapshot(machine, "first");
    client.get("/custom-templates/" + id).error(404, "NOT_FOUND");
    client.delete("/custom-templates/" + id).error(404, "NOT_FOUND");
    client.put("/custom-templates/" + id, Map.of("name", "x")).error(404, "NOT_FOUND");
    assertThat(client.get("/custom-templates?machineId=" + machine).ok().path("items")).isEmpty();
    client.get("/snapshots/" + template).error(404, "NOT_FOUND");
    assertSame(disk(machine), disk(client.launched(id, 50, "from a snapshot")));
  }

  @Test
  void aDiskThatWasAdoptedIsSnapshotAndNeverWritten() throws Exception {
    Path disk = Disks.random(root.resolve("adopted.raw"), 4 * MIB, 5);
    String sum = Disks.sha256(disk);
    String machine = seed.machine("default", "adopted", disk, 4 * MIB);
    String id = snapshot(machine, "first");
    Disks.assertHolds(server.data(), id, disk);
    var refused =
        client.post("/snapshots/" + id + "/restore", Map.of()).error(412, "PRECONDITION_FAILED");
    assertThat(refused.path("message").asText()).contains("adopted");
    assertThat(Disks.sha256(disk)).isEqualTo(sum);
  }

  @Test
  void whatIsNotRightIsRefused() {
    String machine = client.launched(template, 50, "refused");
    client.post("/snapshots", Map.of("machineId", machine)).invalid("name");
    client.post("/snapshots", Map.of("name", "x")).invalid("machineId");
    client.post("/snapshots", Map.of("machineId", "ps1", "name", "x")).error(404, "NOT_FOUND");
    String id = snapshot(machine, "first");
    client
        .post("/snapshots/" + id + "/restore", Map.of("createSnapshotBeforeRestore", "yes"))
        .invalid("createSnapshotBeforeRestore");
    client.get("/snapshots?orderBy=size").invalid("orderBy");
  }

  @Test
  void whatIsDoneByItselfIsSetAtTheLaunchAndLater() {
    var begun =
        client
            .post(
                "/machines",
                Map.of(
                    "name",
                    "automatic",
                    "machineType",
                    "C5",
                    "templateId",
                    template,
                    "diskSize",
                    50,
                    "region",
                    "ny2",
                    "takeInitialSnapshot",
                    true,
                    "autoSnapshotEnabled",
                    true,
                    "autoSnapshotFrequency",
                    "hourly",
                    "autoSnapshotSaveCount",
                    2,
                    "autoShutdownEnabled",
                    true))
            .ok();
    String machine = client.awaitDone(begun).path("id").asText();
    assertAutomation(client.get("/machines/" + machine).ok(), "hourly", 2, 24);
    await().until(() -> !names(machine).isEmpty());
    assertThat(names(machine)).containsExactly("Initial snapshot");
    client
        .put("/machines/" + machine, Map.of("autoSnapshotFrequency", "yearly"))
        .invalid("autoSnapshotFrequency");
    client
        .put("/machines/" + machine, Map.of("autoSnapshotSaveCount", 0))
        .invalid("autoSnapshotSaveCount");
    client
        .put("/machines/" + machine, Map.of("autoShutdownTimeout", 0))
        .invalid("autoShutdownTimeout");
    client
        .put(
            "/machines/" + machine,
            Map.of("autoSnapshotFrequency", "weekly", "autoShutdownTimeout", 3))
        .ok();
    assertAutomation(client.get("/machines/" + machine).ok(), "weekly", 2, 3);
    var off =
        client
            .put(
                "/machines/" + machine,
                Map.of("autoSnapshotEnabled", false, "autoShutdownEnabled", false))
            .ok()
            .path("data");
    assertThat(off.path("autoSnapshotEnabled").asBoolean()).isFalse();
    assertThat(off.path("autoShutdownEnabled").asBoolean()).isFalse();
  }

  private static void assertAutomation(JsonNode machine, String frequency, int count, int hours) {
    assertThat(machine.path("autoSnapshotEnabled").asBoolean()).isTrue();
    assertThat(machine.path("autoSnapshotFrequency").asText()).isEqualTo(frequency);
    assertThat(machine.path("autoSnapshotSaveCount").asInt()).isEqualTo(count);
    assertThat(machine.path("autoShutdownEnabled").asBoolean()).isTrue();
    assertThat(machine.path("autoShutdownTimeout").asInt()).isEqualTo(hours);
    assertThat(machine.path("autoShutdownForce").asBoolean()).isFalse();
  }

  private double read() {
    return Metrics.of(client).value("platen_capture_bytes_total{kind=\"read\"}");
  }

  @Test
  void aDiskThatWasNotWrittenToIsNotReadAgain() throws Exception {
    String launched = client.launched(template, 50, "unchanged");
    write(launched, 6, "1M 3M");
    Path disk = Disks.random(root.resolve("unchanged.raw"), 4 * MIB, 6);
    String adopted = seed.machine("default", "unchanged", disk, 4 * MIB);
    for (var machine : List.of(launched, adopted)) {
      // Until its time says that it was written to some time ago.
      await()
          .until(
              () -> {
                snapshot(machine, "read");
                double before = read();
                snapshot(machine, "not read");
                return read() == before;
              });
    }
    Path then = copy(launched, "unchanged");
    String last = snapshot(launched, "last");
    Disks.assertHolds(server.data(), snapshot(adopted, "last"), disk);
    double before = read();
    write(launched, 7, "9M 2M");
    String changed = snapshot(launched, "changed");
    assertThat(read()).isGreaterThan(before);
    Path now = copy(launched, "changed");
    restore(last, Map.of());
    assertSame(then, disk(launched));
    restore(changed, Map.of());
    assertSame(now, disk(launched));
  }
}
