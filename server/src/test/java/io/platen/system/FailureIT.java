package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A capture or launch that can't succeed says why and what to do, and works once that is done. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FailureIT {
  private static final int BYTES = 8 << 20;

  private final Path root;
  private final Path data;
  private final RunningServer server;
  private final Client client;

  FailureIT(@TempDir Path root) throws Exception {
    this.root = root;
    data = root.resolve("data");
    server = RunningServer.start(data);
    client = server.client();
  }

  @AfterAll
  void end() throws Exception {
    server.close();
  }

  private static String adopt(RunningServer on, Path file, String format) throws Exception {
    return App.succeed(
        "machine",
        "adopt",
        "--data",
        on.data().toString(),
        "--name",
        "m",
        "--disk",
        file.toString(),
        "--format",
        format);
  }

  /** A capture that fails; returns the event's error. */
  private static String fails(Client client, String machineId) {
    var created = client.capture(machineId, "fails");
    var event = client.awaitEnd(created.path("event").path("id").asText());
    assertThat(event.path("state").asText()).isEqualTo("error");
    assertThat(event.path("dtFinished").isNull()).isFalse();
    var id = created.path("data").path("id").asText();
    client.get("/custom-templates/" + id).error(404, "NOT_FOUND");
    assertThat(client.get("/custom-templates?machineId=" + machineId).ok().path("items")).isEmpty();
    assertThat(client.get("/health").ok().asText()).isEqualTo("HEALTHY");
    // The machine is free again.
    client.get("/machines/" + machineId).ok();
    return event.path("error").asText();
  }

  @Test
  void aDiskThatIsGone() throws Exception {
    Path disk = Disks.random(root.resolve("gone.raw"), BYTES, 1);
    var machine = adopt(server, disk, "raw");
    Path moved = Files.move(disk, root.resolve("elsewhere.raw"));
    assertThat(fails(client, machine)).contains(disk.toString());
    Files.move(moved, disk);
    Disks.assertHolds(data, client.captured(machine, "back"), disk);
  }

  @Test
  void aDiskThatAnotherProcessWrites() throws Exception {
    for (var format : List.of("raw", "qcow2")) {
      Path raw = Disks.random(root.resolve("locked-source." + format), BYTES, 2);
      Path disk = Disks.convert(raw, format, root.resolve("locked." + format));
      var machine = adopt(server, disk, format);
      var before = Disks.sha256(disk);
      Path socket = root.resolve("w." + format + ".sock");
      Path ready = root.resolve("w." + format + ".pid");
      var writer =
          new ProcessBuilder(
                  "qemu-nbd",
                  "--persistent",
                  "--format=" + format,
                  "--socket=" + socket,
                  "--pid-file=" + ready,
                  disk.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        org.awaitility.Awaitility.await().until(() -> Files.exists(ready));
        assertThat(fails(client, machine))
            .contains(disk.toString())
            .containsPattern("(?i)stop|lock|use|writ");
      } finally {
        writer.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
      }
      assertThat(Disks.sha256(disk)).isEqualTo(before);
      Disks.assertHolds(data, client.captured(machine, "free"), raw);
    }
  }

  @Test
  void aTruncatedImage() throws Exception {
    Path raw = Disks.random(root.resolve("whole.raw"), BYTES, 3);
    Path disk = Disks.convert(raw, "qcow2", root.resolve("truncated.qcow2"));
    var machine = adopt(server, disk, "qcow2");
    byte[] whole = Files.readAllBytes(disk);
    setLength(disk, whole.length / 2);
    var half = Disks.sha256(disk);
    assertThat(fails(client, machine)).contains(disk.toString());
    assertThat(Disks.sha256(disk)).isEqualTo(half);
    setLength(disk, 100);
    assertThat(fails(client, machine)).contains(disk.toString());
    Files.write(disk, new byte[0]);
    assertThat(fails(client, machine)).contains(disk.toString());
    Files.write(disk, whole);
    Disks.assertHolds(data, client.captured(machine, "whole"), raw);
  }

  /** Seen: QEMU reads zeros where the file ends, and says nothing. */
  @Test
  void anImageThatIsCutShortWithinItsData() throws Exception {
    Path raw = Disks.random(root.resolve("data.raw"), BYTES, 6);
    for (var format : List.of("vmdk", "qcow2 -o cluster_size=2M", "vdi", "vhdx", "qcow2 -c")) {
      var options = List.of(format.split(" "));
      Path disk = root.resolve("cut." + format.replace(' ', '-'));
      var command =
          new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", options.getFirst()));
      command.addAll(options.subList(1, options.size()));
      command.addAll(List.of(raw.toString(), disk.toString()));
      Program.succeed(command.toArray(String[]::new));
      var machine = shared(disk, options.getFirst());
      byte[] whole = Files.readAllBytes(disk);
      setLength(disk, whole.length * 3L / 4);
      assertThat(fails(client, machine))
          .as(format)
          .contains(disk.toString())
          .contains("truncated")
          .contains("beyond the end of the file");
      Files.write(disk, whole);
      Disks.assertHolds(data, client.captured(machine, "whole"), raw);
    }
  }

  private String shared(Path disk, String format) throws Exception {
    try (var seed = Seed.of(server)) {
      return seed.adopt(disk, DiskFormat.parse(format));
    }
  }

  private static void setLength(Path file, long length) throws IOException {
    try (var opened = new RandomAccessFile(file.toFile(), "rw")) {
      opened.setLength(length);
    }
  }

  @Test
  void aRawDiskThatLostItsEndIsNoTemplateAndOneThatGrewIs() throws Exception {
    Path disk = Disks.random(root.resolve("lengths.raw"), BYTES, 7);
    var machine = adopt(server, disk, "raw");
    byte[] whole = Files.readAllBytes(disk);
    setLength(disk, BYTES - 1);
    assertThat(fails(client, machine))
        .contains(disk.toString())
        .contains("it has %d bytes, and had %d".formatted(BYTES - 1, BYTES))
        .contains("adopt the disk again");
    Files.write(disk, whole);
    setLength(disk, 2 * BYTES);
    String grown = client.captured(machine, "grown");
    Disks.assertHolds(data, grown, disk);
    client.delete("/custom-templates/" + grown).ok();
    // By now it is known to be longer.
    setLength(disk, BYTES);
    assertThat(fails(client, machine)).contains("and had %d".formatted(2 * BYTES));
  }

  @Test
  void aFileThatIsStillBeingCopiedIsNotImported() throws Exception {
    Path disk = Disks.random(root.resolve("copied.raw"), BYTES, 8);
    try (var seed = Seed.of(server)) {
      for (long before : List.of(BYTES - 512L, BYTES + 512L)) {
        assertThat(seed.imported(disk, before).error())
            .contains(disk.toString())
            .contains("wait until it is complete");
      }
    }
  }

  @Test
  void aDirectoryOrAnImageOfAnotherFormatIsNoDisk() throws Exception {
    Path disk = Disks.random(root.resolve("text.raw"), 1 << 20, 4);
    for (var format : List.of("qcow2", "vmdk", "vdi", "vhdx")) {
      var refused =
          App.run(
              "machine",
              "adopt",
              "--data",
              data.toString(),
              "--name",
              "m",
              "--disk",
              disk.toString(),
              "--format",
              format);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.out()).isEmpty();
      assertThat(refused.err()).contains(disk.toString());
    }
    var directory =
        App.run(
            "machine",
            "adopt",
            "--data",
            data.toString(),
            "--name",
            "m",
            "--disk",
            root.toString(),
            "--format",
            "raw");
    assertThat(directory.status()).isEqualTo(1);
    assertThat(directory.out()).isEmpty();
  }

  @Test
  void aDatabaseWithoutSpace() throws Exception {
    Path small = Files.createDirectory(root.resolve("tiny"));
    var mounted =
        Program.run(List.of("mount", "-t", "tmpfs", "-o", "size=256k", "none", small.toString()));
    assumeThat(mounted.status()).as("mounting a tmpfs: %s", mounted.err()).isZero();
    try {
      var data = small.resolve("data").toString();
      var refused = App.run("key", "create", "--data", data);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("the file system of the database is full: make room");
      Program.succeed("mount", "-o", "remount,size=20m", small.toString());
      assertThat(App.run("key", "create", "--data", data).status()).isZero();
    } finally {
      Program.succeed("umount", small.toString());
    }
  }

  @Test
  void aStoreWithoutSpace() throws Exception {
    Path small = Files.createDirectory(root.resolve("small"));
    var mounted =
        Program.run(List.of("mount", "-t", "tmpfs", "-o", "size=24m", "none", small.toString()));
    assumeThat(mounted.status()).as("mounting a tmpfs: %s", mounted.err()).isZero();
    try {
      Path full = small.resolve("data");
      Path disk = Disks.random(root.resolve("large.raw"), 64 << 20, 5);
      var before = Disks.sha256(disk);
      try (var on = RunningServer.start(full)) {
        var machine = adopt(on, disk, "raw");
        assertThat(fails(on.client(), machine))
            .containsIgnoringCase("space")
            .contains("store.castr");
        assertThat(Disks.sha256(disk)).isEqualTo(before);
        Program.succeed("mount", "-o", "remount,size=200m", small.toString());
        var template = on.client().captured(machine, "now");
        Disks.assertHolds(full, template, disk);

        // The base image of a launch has to fit as well.
        Program.succeed("mount", "-o", "remount,size=90m", small.toString());
        var launch = on.client().launch(template, 50, "no room");
        var event = on.client().awaitEnd(launch.path("event").path("id").asText());
        assertThat(event.path("state").asText()).isEqualTo("error");
        assertThat(event.path("error").asText()).containsIgnoringCase("space");
        on.client()
            .get("/machines/" + launch.path("data").path("id").asText())
            .error(404, "NOT_FOUND");
        Program.succeed("mount", "-o", "remount,size=300m", small.toString());
        on.client().launched(template, 50, "room");
      }
    } finally {
      Program.succeed("umount", small.toString());
    }
  }
}
