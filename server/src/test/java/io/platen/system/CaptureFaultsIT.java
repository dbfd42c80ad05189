package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.SharedServer;
import io.platen.support.SlowDisks;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks that change under a capture, and programs that hang or die at any moment of it: the event
 * ends with a reason, nothing incomplete is listed, and a retry works.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CaptureFaultsIT {
  private static final int BYTES = SlowDisks.RATE;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SharedServer shared;
  private final Client client;

  @TempDir private Path directory;

  CaptureFaultsIT() throws Exception {
    shared = SharedServer.get();
    client = shared.server().client();
  }

  /** A disk that is read through qemu-nbd, as raw ones are not, for a second or more. */
  private Path slowDisk(String name, Path raw) throws Exception {
    return Disks.convert(raw, "qcow2", directory.resolve("slow-" + name + ".qcow2"));
  }

  private static String event(JsonNode begun) {
    return begun.path("event").path("id").asText();
  }

  private void awaitReading(String event) {
    await("the capture to read")
        .atMost(LIMIT)
        .until(
            () ->
                client.get("/machine-events/" + event + "/progress").ok().path("bytesDone").asLong()
                    > 0);
  }

  private static List<ProcessHandle> servers(Path disk) {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              var line = process.info().commandLine().orElse("");
              return line.contains("qemu-nbd") && line.contains(disk.toString());
            })
        .toList();
  }

  private String failure(JsonNode begun) {
    var ended = client.awaitEnd(event(begun));
    assertThat(ended.path("state").asText()).isEqualTo("error");
    client
        .get("/custom-templates/" + begun.path("data").path("id").asText())
        .error(404, "NOT_FOUND");
    return ended.path("error").asText();
  }

  @Test
  void aDiskThatShrinksWhileItIsRead() throws Exception {
    Path raw = Disks.random(directory.resolve("shrinks.raw"), 2 * BYTES, 1);
    Path disk = slowDisk("shrinks", raw);
    byte[] whole = Files.readAllBytes(disk);
    var machine = shared.seed().adopt(disk, DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "shrinks");
    awaitReading(event(capture));
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(whole.length / 3);
    }
    assertThat(failure(capture)).contains(disk.toString());
    Files.write(disk, whole);
    Disks.assertHolds(shared.server().data(), client.captured(machine, "whole"), raw);
  }

  @Test
  void aDiskThatIsWrittenWhileItIsReadIsNoTemplate() throws Exception {
    Path raw = Disks.random(directory.resolve("written.raw"), 2 * BYTES, 2);
    Path disk = slowDisk("written", raw);
    var machine = shared.seed().adopt(disk, DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "written");
    awaitReading(event(capture));
    // Something that does not heed QEMU's locks: a copy over it, by way of another name.
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(file.length() - 512);
      file.write(new byte[512]);
    }
    assertThat(failure(capture)).contains(disk.toString()).contains("chang");
  }

  @Test
  void aProgramThatHangsIsEndedWhenTheCaptureIsCancelled() throws Exception {
    Path raw = Disks.random(directory.resolve("hangs.raw"), 2 * BYTES, 3);
    Path disk = slowDisk("hangs", raw);
    var machine = shared.seed().adopt(disk, DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "hangs");
    awaitReading(event(capture));
    var hung = servers(disk);
    assertThat(hung).hasSize(1);
    Program.succeed("kill", "-STOP", Long.toString(hung.getFirst().pid()));

    client.delete("/custom-templates/" + capture.path("data").path("id").asText()).ok();
    assertThat(client.get("/machine-events/" + event(capture)).ok().path("state").asText())
        .isEqualTo("cancelled");
    await("the hung program to be ended").atMost(LIMIT).until(() -> servers(disk).isEmpty());
    Disks.assertHolds(shared.server().data(), client.captured(machine, "again"), raw);
  }

  @Test
  void aProgramThatDiesAtAnyMoment() throws Exception {
    var random = new Random(4);
    Path raw = Disks.random(directory.resolve("dies.raw"), BYTES, 4);
    Path disk = slowDisk("dies", raw);
    var machine = shared.seed().adopt(disk, DiskFormat.QCOW2);
    int failed = 0;
    for (int i = 0; i < 8; i++) {
      JsonNode capture = client.capture(machine, "dies " + i);
      long moment = System.nanoTime() + random.nextLong(1_200_000_000L);
      boolean killed = false;
      while (!killed
          && client.get("/machine-events/" + event(capture)).ok().path("dtFinished").isNull()) {
        killed =
            System.nanoTime() >= moment
                && servers(disk).stream().filter(ProcessHandle::destroyForcibly).count() > 0;
      }
      var ended = client.awaitEnd(event(capture));
      if (ended.path("state").asText().equals("error")) {
        assertThat(ended.path("error").asText()).contains("qemu-nbd");
        failed++;
      } else {
        // It had all bytes before it died.
        assertThat(ended.path("state").asText()).isEqualTo("done");
        Disks.assertHolds(shared.server().data(), capture.path("data").path("id").asText(), raw);
      }
    }
    assertThat(failed).isPositive();
    Disks.assertHolds(shared.server().data(), client.captured(machine, "alive"), raw);
  }
}
