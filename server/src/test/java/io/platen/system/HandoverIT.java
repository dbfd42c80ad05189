package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.config.DataDirectory;
import io.platen.disk.DiskFormat;
import io.platen.node.DataLock;
import io.platen.support.App;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.SlowDisks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts while a command works alone on its data directory. */
final class HandoverIT {
  private static final int MIB = 1 << 20;
  private static final int GARBAGE = 10_000;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path root;

  private Path data() {
    return root.resolve("data");
  }

  /** A command in a process of its own, stopped as soon as it has the data directory. */
  private Process alone(Map<String, String> environment, String... command) throws Exception {
    var arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--data", data().toString()));
    var builder = new ProcessBuilder(App.command(List.of(), arguments));
    builder.environment().putAll(environment);
    var process =
        builder
            .redirectOutput(root.resolve("out").toFile())
            .redirectError(root.resolve("err").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    await(command[0] + " to have the data directory")
        .atMost(LIMIT)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> Files.readString(data().resolve("platen.lock")).startsWith(process.pid() + " "));
    signal(process, "STOP");
    return process;
  }

  private String err() throws Exception {
    return Files.readString(root.resolve("err"));
  }

  private static void signal(Process process, String name) throws Exception {
    Program.succeed("kill", "-" + name, Long.toString(process.pid()));
  }

  private static boolean start(RunningServer server) throws Exception {
    server.startAgain();
    return true;
  }

  /** Lets a command go on when a server waits for it. */
  private void assertHandsOver(Process process, RunningServer server) throws Exception {
    try (var starting = Executors.newSingleThreadExecutor()) {
      var started = starting.submit(() -> start(server));
      await("the server to wait")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> DataLock.isAwaited(new DataDirectory(data())));
      assertThat(started.isDone()).isFalse();
      signal(process, "CONT");
      started.get();
    }
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(err()).isZero();
    assertThat(err()).contains("a server starts, and goes on with this work");
  }

  @Test
  void workOfCommandsGoesOnInAServerThatStarts() throws Exception {
    var slow = Map.of("PATH", SlowDisks.in(root).path());
    String template;
    try (var server = RunningServer.start(data(), List.of(), slow);
        var seed = Seed.of(server)) {
      Path disk = Disks.random(root.resolve("disk.raw"), 200L * MIB, 1);
      template = server.client().captured(seed.adopt(disk, DiskFormat.RAW), "t");
      server.kill9();

      var verifying = alone(Map.of(), "verify", "--repair");
      assertHandsOver(verifying, server);
      assertThat(Files.readString(root.resolve("out"))).contains("all are whole");
      server.kill9();

      var garbage = garbage();
      var collecting = alone(Map.of(), "gc");
      assertHandsOver(collecting, server);
      assertThat(garbage).noneMatch(Files::exists);
      server.kill9();

      Path small = Disks.random(root.resolve("small.raw"), 24L * MIB, 2);
      Path image = Disks.convert(small, "qcow2", root.resolve("slow.qcow2"));
      var importing =
          alone(slow, "import", image.toString(), "--format", "qcow2", "--name", "imported");
      assertHandsOver(importing, server);
      String imported = Files.readString(root.resolve("out")).strip();
      Disks.assertHolds(data(), imported, small);
      Disks.assertHolds(data(), template, disk);
    }
  }

  /**
   * Chunks that nothing names, as a deleted template leaves, in some of the store's directories.
   */
  private List<Path> garbage() throws Exception {
    var made = new ArrayList<Path>();
    var random = new Random(3);
    byte[] id = new byte[32];
    for (int i = 0; i < GARBAGE; i++) {
      random.nextBytes(id);
      id[0] = 0;
      String hex = HexFormat.of().formatHex(id);
      Path directory = data().resolve("store.castr").resolve(hex.substring(0, 4));
      Files.createDirectories(directory);
      made.add(Files.write(directory.resolve(hex + ".cacnk"), id));
    }
    return made;
  }

  @Test
  void aServerWhoseLockWasDeletedIsNotDisturbedByASecondOne() throws Exception {
    try (var _ = RunningServer.start(data())) {
      Files.delete(data().resolve("platen.lock"));
      Path socket = Files.createFile(data().resolve("run").resolve("used-by-a-capture"));
      var second = App.run("serve", "--data", data().toString(), "--port", "0");
      assertThat(second.status()).isEqualTo(1);
      assertThat(second.err()).contains("store.castr is open in another process", "fuser");
      assertThat(socket).exists();
      var command = App.run("gc", "--data", data().toString());
      assertThat(command.err()).contains("store.castr is open in another process");
      assertThat(socket).exists();
    }
  }

  @Test
  void aCommandThatHangsIsNamedAndAServerThatRunsIsNotAskedToEnd() throws Exception {
    try (var server = RunningServer.start(data())) {
      var second = App.run("serve", "--data", data().toString(), "--port", "0");
      assertThat(second.status()).isEqualTo(1);
      assertThat(second.err())
          .contains("in use by process " + server.pid() + ", a server", "--data");
      server.kill9();
      garbage();
      var hanging = alone(Map.of(), "gc");
      try {
        var refused = App.run("serve", "--data", data().toString(), "--port", "0");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err())
            .contains("in use by process " + hanging.pid() + ", which does not hand over");
        hanging.destroyForcibly().waitFor();
        server.startAgain();
      } finally {
        hanging.destroyForcibly().waitFor();
      }
    }
  }
}
