package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.disk.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Program SH = new Program("sh", "dash", "any");

  private static Command shell(String script) {
    return new Command(SH, List.of("-c", script), Limits.inspection(), 1 << 16);
  }

  private static String output(String script) throws IOException, InterruptedException {
    return new String(ChildProcess.run(shell(script), SOON), StandardCharsets.UTF_8).strip();
  }

  @Test
  void theKernelHoldsTheChildToItsLimits() throws Exception {
    Limits limits = new Limits(1L << 31, Duration.ofSeconds(77), 4096);
    try (ChildProcess child =
        ChildProcess.start(
            new Command(new Program("sleep", "coreutils", ""), List.of("60"), limits, 0))) {
      Path proc = Path.of("/proc/" + child.pid());
      await().atMost(SOON).until(() -> Files.readString(proc.resolve("comm")).equals("sleep\n"));
      List<String> lines = Files.readAllLines(proc.resolve("limits"));
      assertThat(lines).anyMatch(l -> l.matches("Max address space +2147483648 +2147483648 .*"));
      assertThat(lines).anyMatch(l -> l.matches("Max cpu time +77 +77 .*"));
      assertThat(lines).anyMatch(l -> l.matches("Max file size +4096 +4096 .*"));
      assertThat(lines).anyMatch(l -> l.matches("Max core file size +0 +0 .*"));
      assertThat(Files.readAllLines(proc.resolve("status"))).contains("NoNewPrivs:\t1");
    }
  }

  @Test
  void aChildBeyondItsFileSizeOrCpuLimitIsEnded(@TempDir Path dir) {
    Path file = dir.resolve("f");
    assertThatThrownBy(() -> output("exec head -c 1 /dev/zero > " + file))
        .isInstanceOf(ToolFailed.class);
    Limits limits = new Limits(1L << 31, Duration.ofSeconds(1), 0);
    Command busy = new Command(SH, List.of("-c", "while :; do :; done"), limits, 0);
    assertThatThrownBy(() -> ChildProcess.run(busy, SOON))
        .isInstanceOf(ToolFailed.class)
        .hasMessageContaining("ended by signal 9");
  }

  @Test
  void theEnvironmentIsCleanAndThereIsNothingToRead() throws Exception {
    assertThat(
            output("env | cut -d= -f1 | grep -v -e PWD -e SHLVL -e _ | sort | tr '\\n' ' '; cat"))
        .isEqualTo("PATH");
    assertThat(output("echo $LC_ALL")).isEqualTo("C");
  }

  @Test
  void anErrorHasTheStatusAndTheLastWordsOnly() {
    assertThatThrownBy(
            () -> output("yes noise | head -c 100000 >&2; echo 'the reason' >&2; exit 3"))
        .isInstanceOfSatisfying(
            ToolFailed.class,
            e -> {
              assertThat(e).hasMessageContaining("sh failed with exit status 3");
              assertThat(e.stderr()).endsWith("the reason");
              assertThat(e.stderr().length()).isLessThanOrEqualTo(Tail.BYTES);
            });
  }

  @Test
  void aChildThatIsNotDoneInTimeIsKilled() throws Exception {
    try (ChildProcess child = ChildProcess.start(shell("exec sleep 600"))) {
      assertThatThrownBy(() -> child.await(Duration.ofMillis(50)))
          .isInstanceOf(ToolFailed.class)
          .hasMessageContaining("was still running");
      assertThat(child.waitFor(SOON)).isTrue();
    }
  }

  @Test
  void aChildThatWritesTooMuchIsKilled() {
    assertThatThrownBy(() -> output("exec cat /dev/zero"))
        .isInstanceOf(ToolFailed.class)
        .hasMessageContaining("wrote more than 65536 bytes");
  }

  @Test
  void aChildThatIgnoresTermIsKilledWithinABound() throws Exception {
    ChildProcess child =
        ChildProcess.start(shell("trap '' TERM; echo ready >&2; while :; do sleep 600; done"));
    await().atMost(SOON).until(() -> child.stderr().equals("ready"));
    long start = System.nanoTime();
    child.close();
    assertThat(child.isAlive()).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(7));
  }

  @Test
  void anInterruptedWaiterLeavesNoChild() throws Exception {
    CompletableFuture<ChildProcess> child = new CompletableFuture<>();
    Thread waiter =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (ChildProcess c = ChildProcess.start(shell("exec sleep 600"))) {
                    child.complete(c);
                    c.await(SOON);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    ChildProcess started = child.get(20, TimeUnit.SECONDS);
    waiter.interrupt();
    assertThat(waiter.join(SOON)).isTrue();
    assertThat(started.isAlive()).isFalse();
  }

  @Test
  void aMissingProgramIsNamedWithItsPackage() {
    Program program = new Program("qemu-missing", "qemu-utils", "Fedora: qemu-img");
    Command command = new Command(program, List.of(), Limits.inspection(), 0);
    assertThatThrownBy(() -> ChildProcess.start(command))
        .isInstanceOf(ToolMissing.class)
        .hasMessageContaining("qemu-missing is not installed")
        .hasMessageContaining("qemu-utils");
  }

  @Test
  void aChildWhoseParentDiedBeforeTheDeathSignalWasSetDoesNotRun() throws Exception {
    Shell.Result orphan =
        Shell.run("sh", "-c", ChildProcess.CHECK_PARENT, "999999999", "echo", "ran");
    assertThat(orphan.status()).isEqualTo(125);
    assertThat(orphan.output()).isEmpty();
    String own = Long.toString(ProcessHandle.current().pid());
    assertThat(Shell.succeed("sh", "-c", ChildProcess.CHECK_PARENT, own, "echo", "ran"))
        .isEqualTo("ran\n");
  }
}
