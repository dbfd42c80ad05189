package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TimedWorkIT {
  private static final Program SH = new Program("sh", "dash", "any");

  @TempDir Path directory;

  private static Command shell(String script) {
    return new Command(SH, List.of("-c", script), Limits.inspection(), 1 << 16);
  }

  /** The shells that run a script. */
  private static List<ProcessHandle> running(String script) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(script))
        .toList();
  }

  @Test
  void oneLimitHoldsForAllProgramsTogether() throws Exception {
    var work = new TimedWork("the work", Duration.ofSeconds(2));
    assertThat(work.run(shell("echo said"))).asString().isEqualTo("said\n");
    assertThat(work.exitStatus(shell("exit 3"))).isEqualTo(3);
    assertThatThrownBy(() -> work.run(shell("exec sleep 100")))
        .isInstanceOf(IOException.class)
        .hasMessage("the work takes longer than 2 s");
    Path mark = directory.resolve("mark");
    assertThatThrownBy(() -> work.run(shell("exec touch " + mark)))
        .hasMessage("the work takes longer than 2 s");
    assertThatThrownBy(() -> work.exitStatus(shell("exec touch " + mark)))
        .hasMessage("the work takes longer than 2 s");
    assertThat(mark).doesNotExist();
  }

  @Test
  void aProgramThatRunsWhenTheTimeIsOverIsEnded() {
    var work = new TimedWork("the work", Duration.ofSeconds(1));
    assertThatThrownBy(() -> work.exitStatus(shell("exec sleep 101.25")))
        .hasMessage("the work takes longer than 1 s");
    assertThat(running("sleep 101.25")).isEmpty();
  }

  @Test
  void aFailureIsToldAsItIs() {
    var work = new TimedWork("the work", Duration.ofSeconds(60));
    assertThatThrownBy(() -> work.run(shell("echo broken >&2; exit 1")))
        .isInstanceOf(ToolFailed.class)
        .hasMessageContaining("broken");
  }

  @Test
  void aCancellationEndsTheProgramThatRunsAndKeepsFurtherOnesFromStarting() throws Exception {
    var work = new TimedWork("the work", Duration.ofSeconds(100));
    try (var worker = Executors.newSingleThreadExecutor()) {
      var run = worker.submit(() -> work.run(shell("exec sleep 102.25")));
      await().atMost(Duration.ofSeconds(60)).until(() -> !running("sleep 102.25").isEmpty());
      work.cancel();
      assertThatThrownBy(() -> run.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(TimedWork.Cancelled.class)
          .hasMessage("the work was cancelled");
    }
    assertThat(running("sleep 102.25")).isEmpty();
    Path mark = directory.resolve("mark");
    assertThatThrownBy(() -> work.run(shell("exec touch " + mark)))
        .isInstanceOf(TimedWork.Cancelled.class);
    assertThat(Files.exists(mark)).isFalse();
  }
}
