package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.linux.HostUser;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SandboxIT {
  private static final Program SH = new Program("sh", "dash", "any");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  @SuppressWarnings("NullAway.Init")
  private Path disk;

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  private final TimedWork work = new TimedWork("the work", Duration.ofSeconds(60));

  @BeforeEach
  void make() throws IOException {
    disk = Files.writeString(directory.resolve("the-disk"), "the disk's bytes");
    Sandbox.letNobodyHave(disk);
    sandbox = Sandbox.of(disk, directory.resolve("files"));
  }

  private String output(String script) throws IOException, InterruptedException {
    var command =
        sandbox.command(
            SH,
            List.of("-c", script),
            new Limits(4L << 30, Duration.ofSeconds(60), 1 << 20),
            1 << 16);
    return new String(work.run(command), StandardCharsets.UTF_8).strip();
  }

  @Test
  void aProgramIsNobodyAndSeesOneDiskAndTheFilesForIt() throws Exception {
    Files.writeString(directory.resolve("secret"), "of another machine");
    assertThat(sandbox.add("for it", "written".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo("/files/for it");
    assertThat(output("id -u; id -g; id -G")).isEqualTo("65534\n65534\n65534");
    assertThat(output("cat /disk")).isEqualTo("the disk's bytes");
    assertThat(output("cat '/files/for it'")).isEqualTo("written");
    assertThat(output("cd /; echo *")).isEqualTo(rootEntries());
    assertThat(output("[ -e %s ] || echo none".formatted(directory))).isEqualTo("none");
    assertThat(output("echo /etc/* /proc/* /sys/* /tmp/* /root/* /home/*"))
        .isEqualTo("/etc/mtab /proc/* /sys/* /tmp/* /root/* /home/*");
  }

  private static String rootEntries() throws IOException {
    var entries = new java.util.TreeSet<>(List.of("dev", "disk", "etc", "files", "usr"));
    for (var name : List.of("bin", "sbin", "lib", "lib64")) {
      if (Files.exists(Path.of("/" + name))) {
        entries.add(name);
      }
    }
    return String.join(" ", entries);
  }

  @Test
  void itWritesToTheDiskAndToNothingElse() throws Exception {
    sandbox.add("file", new byte[1]);
    assertThat(
            output(
                "echo changed >/disk; for f in /files/file /files/new /usr/new /new; do"
                    + " (echo x >>$f) 2>/dev/null && echo wrote $f; done; exit 0"))
        .isNotEqualTo("wrote /files/file")
        .doesNotContain("/files")
        .doesNotContain("/usr");
    assertThat(disk).hasContent("changed");
  }

  private static Optional<ProcessHandle> running(String command) {
    // The program itself, not those that lead to it.
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").matches("\\S*" + command))
        .findFirst();
  }

  @Test
  void itIsAnotherUserWithoutCapabilitiesOrNetworkAndEndsWithTheWork() throws Exception {
    try (var worker = Executors.newSingleThreadExecutor()) {
      var run = worker.submit(() -> output("exec sleep 103.25"));
      await().atMost(Duration.ofSeconds(60)).until(() -> running("sleep 103.25").isPresent());
      Path proc = Path.of("/proc/" + running("sleep 103.25").orElseThrow().pid());
      var status = Files.readAllLines(proc.resolve("status"));
      long user = HostUser.isRoot() ? 65534 : HostUser.ownId();
      assertThat(status).contains("Uid:\t%1$d\t%1$d\t%1$d\t%1$d".formatted(user));
      assertThat(status).contains("NoNewPrivs:\t1");
      for (var set : List.of("Inh", "Prm", "Eff", "Bnd", "Amb")) {
        assertThat(status).contains("Cap" + set + ":\t0000000000000000");
      }
      for (var namespace : List.of("net", "pid", "mnt", "ipc", "uts")) {
        assertThat(Files.readSymbolicLink(proc.resolve("ns/" + namespace)))
            .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + namespace)));
      }
      work.cancel();
      assertThatThrownBy(() -> run.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(TimedWork.Cancelled.class);
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> running("sleep 103.25").isEmpty());
  }

  @Test
  void whereItCantBeMadeThatIsSaid() throws Exception {
    var elsewhere = Sandbox.of(directory.resolve("missing"), directory.resolve("files"));
    assertThatThrownBy(() -> elsewhere.check(work))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("can't be confined")
        .hasMessageContaining("bwrap")
        .hasMessageContaining("missing");
    sandbox.check(work);
    Sandbox.empty().check(work);
  }
}
