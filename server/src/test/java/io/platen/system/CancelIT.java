package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What is under way ends when it is told to: by a client, or by SIGTERM. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CancelIT {
  private static final int BYTES = 6 * SlowDisks.RATE;

  private final Path data;
  private final SlowDisks slow;
  private final RunningServer server;
  private final Path disk;

  CancelIT(@TempDir Path root) throws Exception {
    data = root.resolve("data");
    slow = SlowDisks.in(root);
    server = RunningServer.start(data, List.of(), Map.of("PATH", slow.path()));
    disk = Disks.random(root.resolve("slow.raw"), BYTES, 5);
  }

  @AfterAll
  void end() throws Exception {
    server.close();
  }

  private String machine(Path file) throws Exception {
    try (var seed = Seed.of(server)) {
      return seed.machine("default", "machine", file, Files.size(file));
    }
  }

  /** Waits until a capture reads. */
  private static void awaitReading(Client client, JsonNode created) {
    var path = "/machine-events/" + created.path("event").path("id").asText() + "/progress";
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> client.get(path).ok(),
            progress ->
                progress.path("phase").asText().equals("capturing")
                    && progress.path("bytesDone").longValue() > 0);
  }

  /** The qemu-nbd processes of the server. */
  private List<ProcessHandle> diskServers() {
    return ProcessHandle.of(server.pid()).orElseThrow().descendants().toList();
  }

  private void assertNothingIsLeft() throws Exception {
    await().atMost(Duration.ofSeconds(10)).until(() -> diskServers().isEmpty());
    await().atMost(Duration.ofSeconds(10)).until(() -> list("run").isEmpty());
    assertThat(list("index")).allMatch(name -> name.matches("t[a-z0-9]{22}\\.caibx"));
    assertThat(list("cache")).allMatch(name -> name.matches("[0-9a-f]{64}\\.raw"));
  }

  private List<String> list(String directory) throws Exception {
    try (var files = Files.list(data.resolve(directory))) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  @Test
  void deletingATemplateDuringItsCaptureCancelsItAndFreesTheMachineAtOnce() throws Exception {
    var client = server.client();
    var id = machine(disk);
    var created = client.capture(id, "unwanted");
    awaitReading(client, created);
    client.delete("/custom-templates/" + created.path("data").path("id").asText()).ok();
    var event = client.get("/machine-events/" + created.path("event").path("id").asText()).ok();
    assertThat(event.path("state").asText()).isEqualTo("cancelled");
    assertThat(event.path("dtFinished").isNull()).isFalse();
    assertThat(event.path("error").isNull()).isTrue();

    var again = client.captured(id, "wanted");
    Disks.assertHolds(data, again, disk);
    assertThat(
            client.get("/machine-events/" + event.path("id").asText()).ok().path("state").asText())
        .isEqualTo("cancelled");
    assertThat(list("index")).contains(again + ".caibx");
    assertThat(list("index")).doesNotContain(created.path("data").path("id").asText() + ".caibx");
    assertNothingIsLeft();
  }

  @Test
  void aCaptureThatStillOpensItsDiskIsCancelledToo() throws Exception {
    var client = server.client();
    Path gated = Disks.random(data.resolveSibling("gated.raw"), 1 << 20, 6);
    var id = machine(gated);
    slow.shut();
    var created = client.capture(id, "waiting");
    await().atMost(Duration.ofSeconds(30)).until(() -> !diskServers().isEmpty());
    client.delete("/custom-templates/" + created.path("data").path("id").asText()).ok();
    var event = client.get("/machine-events/" + created.path("event").path("id").asText()).ok();
    assertThat(event.path("state").asText()).isEqualTo("cancelled");
    slow.open();
    Disks.assertHolds(data, client.captured(id, "at once"), gated);
    assertNothingIsLeft();
  }

  @Test
  void deletingAMachineDuringItsLaunchCancelsItAndLeavesNoDisk() throws Exception {
    var client = server.client();
    // Enough to build that the launch does not end first.
    Path source = Disks.random(data.resolveSibling("source.raw"), 192 << 20, 7);
    var template = client.captured(machine(source), "template");
    List<String> gone = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      var launch = client.launch(template, 50, "unwanted");
      var id = launch.path("data").path("id").asText();
      var deleted = client.delete("/machines/" + id).ok();
      client.awaitDone(deleted);
      var create = client.get("/machine-events/" + launch.path("event").path("id").asText()).ok();
      assertThat(create.path("state").asText()).isIn("cancelled", "done");
      gone.add(id);
    }
    // The same base image is built for one that stays; when that is done, so are the others.
    var stays = client.launched(template, 50, "wanted");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(list("machines")).doesNotContainAnyElementsOf(gone));
    assertThat(list("machines")).contains(stays);
    assertNothingIsLeft();
  }

  @Test
  void aTemplateIsDeletedWhileItIsLaunchedAndTheLaunchEnds() throws Exception {
    var client = server.client();
    Path source = Disks.random(data.resolveSibling("deleted.raw"), 64 << 20, 8);
    var template = client.captured(machine(source), "template");
    var launch = client.launch(template, 50, "launched");
    client.delete("/custom-templates/" + template).ok();
    var id = client.awaitDone(launch).path("id").asText();
    Program.succeed(
        "qemu-img",
        "compare",
        "-f",
        "raw",
        "-F",
        "qcow2",
        source.toString(),
        data.resolve("machines/" + id + "/disk.qcow2").toString());
  }

  @Test
  void sigtermEndsTheServerDuringACaptureWhichIsResumedAtTheNextStart() throws Exception {
    var client = server.client();
    var created = client.capture(machine(disk), "interrupted");
    awaitReading(client, created);
    assertThat(server.terminate()).isLessThan(RunningServer.END_LIMIT);
    assertThat(list("run")).isEmpty();
    server.startAgain();
    var resumed = server.client();
    resumed.awaitDone(created);
    Disks.assertHolds(data, created.path("data").path("id").asText(), disk);
    assertNothingIsLeft();
  }
}
