package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadMansSwitchIT {
  @TempDir Path directory;

  private Path mark() {
    return directory.resolve("it's run");
  }

  private String script() {
    return "touch " + DeadMansSwitch.quote(mark().toString());
  }

  @Test
  void itRunsWhenItIsTold() throws Exception {
    var armed = DeadMansSwitch.arm(Duration.ZERO, script());
    assertThat(armed.isArmed()).isTrue();
    assertThat(mark()).doesNotExist();
    assertThat(armed.fire()).isZero();
    assertThat(mark()).exists();
    assertThat(armed.isArmed()).isFalse();
  }

  @Test
  void itDoesNotRunOnceDisarmed() throws Exception {
    var armed = DeadMansSwitch.arm(Duration.ZERO, script());
    armed.disarm();
    armed.close();
    assertThat(armed.isArmed()).isFalse();
    assertThat(mark()).doesNotExist();
  }

  @Test
  void itRunsWhenItsTimeHasCome() throws Exception {
    var armed = DeadMansSwitch.arm(Duration.ofSeconds(1), script());
    await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(mark()));
    await().atMost(Duration.ofSeconds(10)).until(() -> !armed.isArmed());
    // Too late is no failure.
    armed.disarm();
  }

  @Test
  void itsCommandIsNotSeenByOtherUsers() throws Exception {
    Path end = directory.resolve("end");
    String waits = "; while [ ! -e %s ]; do sleep 0.05; done".formatted(end);
    var armed = DeadMansSwitch.arm(Duration.ZERO, script() + waits);
    try {
      assertThat(commandLines()).anyMatch(line -> line.contains("platen-switch"));
      assertThat(commandLines()).noneMatch(line -> line.contains(end.toString()));
      armed.close();
      await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(mark()));
      // While it runs, neither.
      assertThat(commandLines()).anyMatch(line -> line.contains("platen-switch"));
      assertThat(commandLines()).noneMatch(line -> line.contains(end.toString()));
    } finally {
      Files.createFile(end);
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> !armed.isArmed());
  }

  /** As "ps" shows them to everybody. */
  private static List<String> commandLines() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .toList();
  }

  @Test
  void itTellsHowTheCommandEnded() throws Exception {
    assertThat(DeadMansSwitch.arm(Duration.ZERO, "exit 3").fire()).isEqualTo(3);
  }

  @Test
  void wordsStayWords() throws Exception {
    var line = DeadMansSwitch.quote(List.of("touch", mark().toString(), directory + "/$(x) \"b"));
    assertThat(DeadMansSwitch.arm(Duration.ZERO, line).fire()).isZero();
    assertThat(mark()).exists();
    assertThat(directory.resolve("$(x) \"b")).exists();
  }
}
