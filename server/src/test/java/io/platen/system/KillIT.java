package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DiskFormat;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} at random moments of captures, launches and removals: whatever was asked for ends
 * well after the restart, nothing is stored twice, and nothing is left behind.
 */
final class KillIT {
  private static final int DISK = 24 << 20;
  private static final int MAX_MILLIS = 500;

  /** What the restarted server may take, with the work that was left, on a busy host. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Fixed, so that a failure can be looked for again; the moments vary by themselves. */
  private final Random random = new Random(20261124);

  private final Map<Path, Stored> chunks = new HashMap<>();

  @TempDir private Path directory;

  /** Changes where a file is replaced by another, or written to. */
  private record Stored(@Nullable Object fileKey, FileTime modified) {}

  @Test
  void everythingEndsWellHoweverOftenTheServerIsKilled() throws Exception {
    killed(20);
  }

  @Test
  @Tag("long")
  void everythingEndsWellEvenMoreOften() throws Exception {
    killed(50);
  }

  private void killed(int kills) throws Exception {
    Path disk = directory.resolve("disk.raw");
    Path before = directory.resolve("before.raw");
    try (var server = RunningServer.start(directory.resolve("data"));
        var seed = Seed.of(server)) {
      Disks.random(disk, DISK, DISK / 2);
      // Not raw: those are read without qemu-nbd.
      var machine =
          seed.adopt(
              Disks.convert(disk, "qcow2", directory.resolve("disk.qcow2")), DiskFormat.QCOW2);
      String template = server.client().captured(machine, "first");
      String launched = null;
      for (int kill = 0; kill < kills; kill++) {
        Files.copy(disk, before, StandardCopyOption.REPLACE_EXISTING);
        change(disk);
        Disks.convert(disk, "qcow2", directory.resolve("disk.qcow2"));
        var client = server.client();
        var asked = new ArrayList<JsonNode>();
        var capture = client.capture(machine, "capture " + kill);
        asked.add(capture);
        var launch = client.launch(template, 50, "launch " + kill);
        asked.add(launch);
        if (launched != null) {
          asked.add(client.delete("/machines/" + launched).ok());
        }
        // Not to wait for anything: this is the random moment.
        Thread.sleep(random.nextInt(MAX_MILLIS));
        server.kill9();
        // Of an image that nobody asks for again.
        Path unfinished =
            Files.createFile(
                server.data().resolve("cache/.%s.raw.1.tmp".formatted("0".repeat(64))));
        server.startAgain();
        assertThat(unfinished).doesNotExist();

        for (JsonNode answer : asked) {
          server.client().awaitDone(answer);
        }
        template = capture.path("data").path("id").asText();
        launched = launch.path("data").path("id").asText();
        assertCaptured(server, template, disk);
        assertLaunched(server, launched, before);
        assertNothingStoredTwice(server.data());
        assertNothingLeft(server, launched);
      }
      assertListedTemplatesAreComplete(server, kills + 1);
    }
  }

  /** Overwrites some of a disk with what was never there. */
  private void change(Path disk) throws IOException {
    byte[] bytes = new byte[4 << 20];
    random.nextBytes(bytes);
    try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(random.nextInt(DISK - bytes.length));
      file.write(bytes);
    }
  }

  private void assertCaptured(RunningServer server, String template, Path disk) throws Exception {
    var shown = server.client().get("/custom-templates/" + template).ok();
    assertThat(shown.path("availableMachineTypes").findValuesAsText("isAvailable"))
        .contains("true");
    Path out = directory.resolve("extracted");
    extract(server, template, out);
    assertThat(Files.mismatch(out, disk)).isEqualTo(-1);
    Files.delete(out);
  }

  private static void extract(RunningServer server, String template, Path out) throws Exception {
    Program.succeed(
        "casync",
        "extract",
        "--store=" + server.data().resolve("store.castr"),
        server.data().resolve("index").resolve(template + ".caibx").toString(),
        out.toString());
  }

  private static void assertLaunched(RunningServer server, String machine, Path source)
      throws Exception {
    Path disk = server.data().resolve("machines").resolve(machine).resolve("disk.qcow2");
    Program.succeed(
        "qemu-img", "compare", "-f", "qcow2", "-F", "raw", disk.toString(), source.toString());
  }

  private void assertNothingStoredTwice(Path data) throws IOException {
    for (Path chunk : files(data.resolve("store.castr"))) {
      if (chunk.toString().endsWith(".cacnk")) {
        var attributes = Files.readAttributes(chunk, BasicFileAttributes.class);
        var now = new Stored(attributes.fileKey(), attributes.lastModifiedTime());
        var earlier = chunks.putIfAbsent(chunk, now);
        assertThat(earlier == null ? now : earlier).as("%s", chunk).isEqualTo(now);
      }
    }
  }

  private static void assertNothingLeft(RunningServer server, String machine) throws Exception {
    var data = server.data();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(files(data.resolve("run"))).isEmpty();
              assertThat(files(data.resolve("store.castr").resolve(".tmp")))
                  .allMatch(file -> file.endsWith("lock"));
              assertThat(qemuProcesses(data)).isEmpty();
            });
    assertThat(names(data.resolve("machines"))).containsExactly(machine);
    assertThat(names(data.resolve("cache"))).allMatch(name -> name.matches("[0-9a-f]{64}\\.raw"));
    assertThat(names(data.resolve("index"))).allMatch(name -> name.matches("t[0-9a-z]+\\.caibx"));
  }

  private void assertListedTemplatesAreComplete(RunningServer server, int count) throws Exception {
    var listed = server.client().get("/custom-templates?limit=120").ok().path("items");
    assertThat(listed).hasSize(count);
    Path out = directory.resolve("complete");
    for (JsonNode template : listed) {
      extract(server, template.path("id").asText(), out);
      assertThat(Files.size(out)).isEqualTo(DISK);
      Files.delete(out);
    }
  }

  private static List<String> qemuProcesses(Path data) {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains("qemu-") && line.contains(data.toString()))
        .filter(line -> !line.contains("serve --data"))
        .toList();
  }

  private static List<Path> files(Path root) throws IOException {
    if (Files.notExists(root)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(root)) {
      return found.filter(path -> !Files.isDirectory(path)).toList();
    }
  }

  private static List<String> names(Path parent) throws IOException {
    try (Stream<Path> found = Files.list(parent)) {
      return found.map(path -> path.getFileName().toString()).toList();
    }
  }
}
