package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.CaptureCost;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole way of a real disk: captured, launched, changed, captured again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FlowIT {
  private static final long GIB = 1L << 30;

  private final Path root;
  private final RunningServer server;
  private Client client;
  private final Path data;
  private final Path disk;
  private final String machine;

  FlowIT(@TempDir Path root) throws Exception {
    this.root = root;
    data = root.resolve("data");
    server = RunningServer.start(data);
    client = server.client();
    disk = Disks.ext4(root.resolve("source.raw"), 64, 40, 1);
    machine = adopt("source", disk, "raw");
  }

  @AfterAll
  void end() throws Exception {
    server.close();
  }

  private String adopt(String name, Path file, String format) throws Exception {
    return App.succeed(
        "machine",
        "adopt",
        "--data",
        data.toString(),
        "--name",
        name,
        "--disk",
        file.toString(),
        "--format",
        format);
  }

  private Path diskOf(String machineId) {
    return data.resolve("machines").resolve(machineId).resolve("disk.qcow2");
  }

  /** A raw copy of a machine's disk, as long as the machine's. */
  private Path export(String machineId) throws Exception {
    Path raw = root.resolve(machineId + ".raw");
    Program.succeed(
        "qemu-img",
        "convert",
        "-f",
        "qcow2",
        "-O",
        "raw",
        diskOf(machineId).toString(),
        raw.toString());
    return raw;
  }

  private static void assertSameBytes(Path raw, Path qcow2) throws Exception {
    // Beyond the shorter one's end the longer one must read as zeros.
    var compared =
        Program.succeed(
            "qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw.toString(), qcow2.toString());
    assertThat(compared).contains("identical");
  }

  @Test
  void anIndexOfOtherContentThanTheBaseImageIsNotCopiedFrom() throws Exception {
    Path raw = Disks.random(root.resolve("one.raw"), 4 << 20, 61);
    Path other = Disks.random(root.resolve("other.raw"), 4 << 20, 62);
    String template = client.captured(adopt("one", raw, "raw"), "one");
    String unlike = client.captured(adopt("other", other, "raw"), "other");
    String launched = client.launched(template, 50, "launched from one");
    // As a template has it that was captured again, after an older database was put back.
    Path index = data.resolve("index");
    Files.copy(
        index.resolve(unlike + ".caibx"),
        index.resolve(template + ".caibx"),
        StandardCopyOption.REPLACE_EXISTING);
    assertHolds(client.captured(launched, "again"), launched);
    assertThat(server.log()).contains("is not the one that the base image was made from");
    assertSameBytes(raw, diskOf(launched));
  }

  @Test
  void aDiskIsCapturedLaunchedChangedAndCapturedAgain() throws Exception {
    var before = Disks.sha256(disk);
    var template = client.captured(machine, "first");
    Disks.assertHolds(data, template, disk);
    assertThat(Disks.sha256(disk)).isEqualTo(before);

    var launched = client.launched(template, 50, "launched");
    assertThat(client.get("/machines/" + launched).ok().path("storageTotal").longValue())
        .isEqualTo(50 * GIB);
    assertSameBytes(disk, diskOf(launched));
    Program.succeed("qemu-img", "check", "-f", "qcow2", diskOf(launched).toString());
    Path exported = export(launched);
    assertThat(Files.size(exported)).isEqualTo(50 * GIB);
    Program.succeed("/sbin/e2fsck", "-fn", exported.toString());
    Files.delete(exported);

    // 4 MiB in one piece, 300 KiB off the chunks' bounds.
    Program.succeed(
        "qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 20780k 4M", diskOf(launched).toString());
    var captured = CaptureCost.of(client, launched, "second");
    var second = captured.template();
    assertThat(captured.cost().read()).as("bytes read").isLessThan(10 << 20);
    assertThat(captured.cost().stored()).as("bytes stored").isLessThan(5 << 20);
    assertHolds(second, launched);

    // And the next generation, from the second template.
    var third = client.launched(second, 100, "third");
    Program.succeed("qemu-io", "-f", "qcow2", "-c", "write -z 0 3M", diskOf(third).toString());
    assertHolds(client.captured(third, "third"), third);
  }

  /**
   * Asserts that a template holds what a machine's disk does. A machine is launched from it: casync
   * would write 50 GB of zeros.
   */
  private void assertHolds(String templateId, String machineId) throws Exception {
    long bytes = client.get("/machines/" + machineId).ok().path("storageTotal").longValue();
    var copy = client.launched(templateId, Math.toIntExact(bytes / GIB), "copy");
    var compared =
        Program.succeed(
            "qemu-img",
            "compare",
            "-f",
            "qcow2",
            "-F",
            "qcow2",
            diskOf(machineId).toString(),
            diskOf(copy).toString());
    assertThat(compared).contains("identical");
  }

  @ParameterizedTest
  @ValueSource(strings = {"qcow2", "vmdk", "vdi", "vhdx"})
  void disksOfEveryFormatAreCapturedExactly(String format) throws Exception {
    Path image = Disks.convert(disk, format, root.resolve("disk." + format));
    var before = Disks.sha256(image);
    String id;
    try (var seed = Seed.of(server)) {
      id = seed.adopt(image, DiskFormat.parse(format));
    }
    var template = client.captured(id, format);
    Disks.assertHolds(data, template, disk);
    assertThat(Disks.sha256(image)).isEqualTo(before);
    assertThat(client.get("/machines/" + id).ok().path("storageTotal").longValue())
        .isEqualTo(Files.size(disk));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 513, (1 << 20) - 1, (3 << 20) + 512, (5 << 20) + 7})
  void rawDisksOfOddSizesAreCapturedAndLaunchedExactly(int bytes) throws Exception {
    Path odd = Disks.random(root.resolve("odd" + bytes + ".raw"), bytes, bytes);
    try (var seed = Seed.of(server)) {
      var id = seed.machine("default", "odd", odd, bytes);
      var template = client.captured(id, "odd");
      Disks.assertHolds(data, template, odd);
      var launched = client.launched(template, 50, "odd");
      assertSameBytes(odd, diskOf(launched));
      // Captured again, the space behind the odd end is zeros.
      assertHolds(client.captured(launched, "again"), launched);
    }
  }

  @Test
  void anImageIsImportedAsAnOsTemplateByTheServerOrWithoutOne() throws Exception {
    Path image = Disks.convert(disk, "qcow2", root.resolve("os.qcow2"));
    var imported =
        App.run(
            "import",
            image.toString(),
            "--format",
            "qcow2",
            "--name",
            "Debian 13",
            "--os",
            "Debian 13",
            "--data",
            data.toString());
    assertThat(imported.status()).as(imported.err()).isZero();
    assertThat(imported.out()).matches("t[a-z0-9]{22}\\R");
    assertOsTemplate(client, imported.lastLine());

    Path other = root.resolve("other");
    var alone =
        App.run(
            "import",
            disk.toString(),
            "--format",
            "raw",
            "--name",
            "alone",
            "--data",
            other.toString());
    assertThat(alone.status()).as(alone.err()).isZero();
    Disks.assertHolds(other, alone.lastLine(), disk);
    try (var second = RunningServer.start(other)) {
      assertOsTemplate(second.client(), alone.lastLine());
    }
  }

  private void assertOsTemplate(Client reader, String id) throws Exception {
    var listed = reader.get("/os-templates").ok().path("items");
    assertThat(listed.findValuesAsText("id")).containsExactly(id);
    assertThat(listed.get(0).properties().stream().map(Map.Entry::getKey))
        .containsExactlyInAnyOrder(
            "id",
            "name",
            "agentType",
            "operatingSystemLabel",
            "defaultSizeGb",
            "availableMachineTypes",
            "dtCreated");
    // An OS template is no custom template, and is launched as one is.
    reader.get("/custom-templates/" + id).error(404, "NOT_FOUND");
    reader.delete("/custom-templates/" + id).error(404, "NOT_FOUND");
    var launched = reader.launched(id, 50, "from the OS template");
    var machines = reader == client ? data : data.resolveSibling("other");
    assertSameBytes(disk, machines.resolve("machines").resolve(launched).resolve("disk.qcow2"));
  }

  @Test
  void aDeletedTemplatesIndexStaysAsLongAsAMachineStandsOnIt() throws Exception {
    var template = client.captured(machine, "to be deleted");
    Path index = data.resolve("index").resolve(template + ".caibx");
    var launched = client.launched(template, 50, "survivor");
    client.purge(template);
    assertThat(index).exists();
    Program.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", diskOf(launched).toString());
    var captured = CaptureCost.of(client, launched, "of the survivor");
    assertThat(captured.cost().read()).isLessThan(3 << 20);
    assertHolds(captured.template(), launched);
    server.restart();
    // It listens on another port now.
    client = server.client();
    var again = client;
    assertThat(index).exists();
    again.awaitDone(again.delete("/machines/" + launched).ok());
    assertThat(index).doesNotExist();
    assertThat(diskOf(launched).getParent()).doesNotExist();
    // One without a machine goes at once.
    var other = again.captured(machine, "alone");
    again.purge(other);
    Path itsIndex = data.resolve("index").resolve(other + ".caibx");
    await("its index to go").atMost(Duration.ofSeconds(30)).until(() -> Files.notExists(itsIndex));
  }

  @Test
  void manyLaunchesOfOneTemplateAtOnceShareOneBaseImage() throws Exception {
    var template = client.captured(machine, "popular");
    var launches =
        Stream.generate(() -> client.launch(template, 50, "one of many")).limit(12).toList();
    for (var launch : launches) {
      client.awaitDone(launch);
      assertSameBytes(disk, diskOf(launch.path("data").path("id").asText()));
    }
    try (var files = Files.list(data.resolve("cache"))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())).toList())
          .allMatch(name -> name.matches("[0-9a-f]{64}\\.raw"));
    }
  }

  @Test
  void twoCapturesOfOneMachineAtOnceAreBothExact() throws Exception {
    Path fresh = Disks.random(root.resolve("fresh.raw"), 24 << 20, 99);
    var id = adopt("fresh", fresh, "raw");
    var both = List.of(client.capture(id, "a"), client.capture(id, "b"));
    for (var capture : both) {
      client.awaitDone(capture);
      Disks.assertHolds(data, capture.path("data").path("id").asText(), fresh);
    }
  }

  @Test
  void aDamagedChunkIsFoundAndNeverServed() throws Exception {
    Path fresh = Disks.random(root.resolve("damaged.raw"), 5 << 20, 55);
    var id = adopt("damaged", fresh, "raw");
    var template = client.captured(id, "damaged");
    // The chunks of this template alone: the newest files of the store.
    Path victim;
    try (var files = Files.walk(data.resolve("store.castr"))) {
      victim =
          files
              .filter(file -> file.toString().endsWith(".cacnk"))
              .max(java.util.Comparator.comparingLong(file -> file.toFile().lastModified()))
              .orElseThrow();
    }
    try (var file = new RandomAccessFile(victim.toFile(), "rw")) {
      file.seek(file.length() / 2);
      int old = file.read();
      file.seek(file.length() / 2);
      file.write(old ^ 1);
    }
    var launch = client.launch(template, 50, "of the damaged");
    var ended = client.awaitEnd(launch.path("event").path("id").asText());
    assertThat(ended.path("state").asText()).isEqualTo("error");
    assertThat(ended.path("error").asText()).isNotBlank();
    var machineId = launch.path("data").path("id").asText();
    client.get("/machines/" + machineId).error(404, "NOT_FOUND");
    // What is left of it goes with the next sweep.
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.notExists(diskOf(machineId).getParent()));
  }
}
