package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.process.RunDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuNbdDeathIT {
  @TempDir Path dir;

  @Test
  void theServerEndsWhenThisProcessIsKilledAndItsSocketGoesAtTheNextStart() throws Exception {
    Path raw = Shell.rawDisk(dir);
    Path run = dir.resolve("run");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                ServeUntilKilled.class.getName(),
                raw.toString(),
                run.toString())
            .redirectError(Redirect.INHERIT)
            .start();
    long pid;
    try (BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8)) {
      pid = Long.parseLong(output.readLine());
      assertThat(isRunning(pid)).isTrue();
    } finally {
      jvm.destroyForcibly();
    }
    await().atMost(Duration.ofSeconds(20)).until(() -> !isRunning(pid));
    try (DirectoryStream<Path> left = Files.newDirectoryStream(run)) {
      assertThat(left).hasSize(1);
    }
    jvm.waitFor();

    assertThat(RunDirectory.open(run).removeLeftovers()).isEqualTo(1);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(run)) {
      assertThat(left).isEmpty();
    }
  }

  /** A zombie that nobody has reaped yet no longer runs. */
  private static boolean isRunning(long pid) throws IOException {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
