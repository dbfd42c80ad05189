package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.SharedServer;
import io.platen.support.SlowDisks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Captures that end while they read: because they are cancelled, or because their server dies. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CancelIT {
  private static final int BYTES = 2 * SlowDisks.RATE;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SharedServer shared;
  private final Client client;

  @TempDir private Path directory;

  CancelIT() throws Exception {
    shared = SharedServer.get();
    client = shared.server().client();
  }

  /** A disk that is read through qemu-nbd, as raw ones are not, for some seconds. */
  private Path slowDisk(String name, Path raw) throws Exception {
    return Disks.convert(raw, "qcow2", directory.resolve("slow-" + name + ".qcow2"));
  }

  private void awaitReading(String event) {
    await("the capture to read")
        .atMost(LIMIT)
        .until(
            () ->
                client.get("/machine-events/" + event + "/progress").ok().path("bytesDone").asLong()
                    > 0);
  }

  @Test
  void aTemplateThatIsDeletedDuringItsCaptureLeavesItsMachineFree() throws Exception {
    Path raw = Disks.random(directory.resolve("a.raw"), BYTES, 1);
    var machine = shared.seed().adopt(slowDisk("a", raw), DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "cancelled");
    var event = capture.path("event").path("id").asText();
    var template = capture.path("data").path("id").asText();
    awaitReading(event);
    client.delete("/machines/" + machine).error(409, "CONFLICT");

    var deleted = client.delete("/custom-templates/" + template).ok();
    assertThat(deleted.path("dtDeleted").isTextual()).isTrue();
    var ended = client.get("/machine-events/" + event).ok();
    assertThat(ended.path("state").asText()).isEqualTo("cancelled");
    assertThat(ended.path("dtFinished").isTextual()).isTrue();
    client.get("/custom-templates/" + template).error(404, "NOT_FOUND");
    await("qemu-nbd to end").atMost(LIMIT).until(() -> servers("slow-a").isEmpty());
    assertThat(Files.exists(shared.server().data().resolve("index").resolve(template + ".caibx")))
        .isFalse();

    Disks.assertHolds(shared.server().data(), client.captured(machine, "again"), raw);
    assertThat(client.get("/machine-events/" + event).ok()).isEqualTo(ended);
  }

  @Test
  void aCaptureWhoseEventIsCancelledLeavesNothingBehind() throws Exception {
    Path raw = Disks.random(directory.resolve("c.raw"), BYTES, 3);
    var machine = shared.seed().adopt(slowDisk("c", raw), DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "cancelled");
    var path = "/machine-events/" + capture.path("event").path("id").asText();
    var template = capture.path("data").path("id").asText();
    awaitReading(capture.path("event").path("id").asText());

    var cancelled = client.post(path + "/cancel", "").ok();
    assertThat(cancelled.path("state").asText()).isEqualTo("cancelled");
    assertThat(client.get(path).ok()).isEqualTo(cancelled);
    client.get("/custom-templates/" + template).error(404, "NOT_FOUND");
    await("qemu-nbd to end").atMost(LIMIT).until(() -> servers("slow-c").isEmpty());
    client.post(path + "/cancel", "").error(409, "CONFLICT");
    client.awaitDone(client.delete("/machines/" + machine).ok());
  }

  @Test
  void aCaptureWhoseServerIsKilledSaysSoAndARetryWorks() throws Exception {
    Path raw = Disks.random(directory.resolve("b.raw"), BYTES, 2);
    var machine = shared.seed().adopt(slowDisk("b", raw), DiskFormat.QCOW2);
    JsonNode capture = client.capture(machine, "killed");
    var event = capture.path("event").path("id").asText();
    awaitReading(event);
    assertThat(servers("slow-b")).hasSize(1).allMatch(ProcessHandle::destroyForcibly);

    var ended = client.awaitEnd(event);
    assertThat(ended.path("state").asText()).isEqualTo("error");
    assertThat(ended.path("error").asText()).contains("qemu-nbd");
    client
        .get("/custom-templates/" + capture.path("data").path("id").asText())
        .error(404, "NOT_FOUND");
    Disks.assertHolds(shared.server().data(), client.captured(machine, "retried"), raw);
  }

  private static List<ProcessHandle> servers(String disk) {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              var line = process.info().commandLine().orElse("");
              return line.contains("qemu-nbd") && line.contains(disk);
            })
        .toList();
  }
}
