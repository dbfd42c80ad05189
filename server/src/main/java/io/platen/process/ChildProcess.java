package io.platen.process;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program Platen runs, from start to end.
 *
 * <p>The child never outlives this process, not even after {@code kill -9}: it asks the kernel for
 * SIGKILL on its parent's death. It reads nothing, gets an environment of two variables, gains no
 * privileges, leaves no core dump (a dump would hold pieces of a disk) and is held to its {@link
 * Limits}.
 */
public final class ChildProcess implements AutoCloseable {
  /**
   * The limit of a program that takes milliseconds. On a busy host, or an emulated one, it may take
   * seconds; only one that hangs takes this long.
   */
  public static final Duration BRIEF = Duration.ofMinutes(1);

  /** How long a process may take to end after SIGTERM, and again after SIGKILL. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  /**
   * The parent whose death the kernel reports (prctl PR_SET_PDEATHSIG) is the thread that forked,
   * so every child is forked by one thread that lives as long as the process.
   */
  private static final ExecutorService SPAWNER =
      Executors.newSingleThreadExecutor(
          task -> Thread.ofPlatform().daemon().name("process-spawner").unstarted(task));

  /**
   * Runs after the death signal is set. If this process died before that, there was nothing left to
   * send the signal, but the child has another parent then, and ends here.
   */
  static final String CHECK_PARENT = "test \"$PPID\" = \"$0\" || exit 125; exec \"$@\"";

  private final String name;
  private final Process process;
  private final Tail stderr = new Tail();
  private final CompletableFuture<byte[]> stdout = new CompletableFuture<>();
  private final CompletableFuture<Void> stderrEnd = new CompletableFuture<>();

  private ChildProcess(Command command, Process process) {
    this.name = command.program().name();
    this.process = process;
    reader("stderr", () -> drainStderr(process.getErrorStream()));
    if (command.stdoutLimit() > 0) {
      reader("stdout", () -> readStdout(process.getInputStream(), command.stdoutLimit()));
    } else {
      stdout.complete(new byte[0]);
    }
  }

  /**
   * Starts a program.
   *
   * @throws ToolMissing if the program, or one that limits it, is not installed
   */
  public static ChildProcess start(Command command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(commandLine(command));
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("LC_ALL", "C"); // messages are matched, and shown, in English
    environment.put("PATH", Program.searchPath());
    // Each of glibc's arenas reserves 64 MiB of address space, eight per core by default.
    environment.put("MALLOC_ARENA_MAX", "4");
    // qemu-nbd takes a buffer for each request. glibc maps one of this size anew each time, and the
    // kernel clears it page by page: reading 2 GiB took 14-25 s here, and 2-5 s with buffers that
    // are kept.
    environment.put("MALLOC_MMAP_THRESHOLD_", Integer.toString(64 << 20));
    environment.put("MALLOC_TRIM_THRESHOLD_", Integer.toString(256 << 20));
    builder.redirectInput(Redirect.from(new File("/dev/null")));
    builder.redirectOutput(command.stdoutLimit() > 0 ? Redirect.PIPE : Redirect.DISCARD);
    return new ChildProcess(command, spawn(builder));
  }

  static Process spawn(ProcessBuilder builder) throws IOException, InterruptedException {
    CompletableFuture<Process> spawned = new CompletableFuture<>();
    SPAWNER.execute(
        () -> {
          try {
            Process process = builder.start();
            if (!spawned.complete(process)) {
              process.destroyForcibly(); // nothing waits for it any more
            }
          } catch (IOException | RuntimeException | Error e) {
            spawned.completeExceptionally(e);
          }
        });
    try {
      return spawned.get();
    } catch (InterruptedException e) {
      if (!spawned.cancel(false) && !spawned.isCompletedExceptionally()) {
        spawned.resultNow().destroyForcibly();
      }
      throw e;
    } catch (ExecutionException e) {
      throw new IOException("can't start " + builder.command().getFirst(), e.getCause());
    }
  }

  private static List<String> commandLine(Command command) throws ToolMissing {
    Limits limits = command.limits();
    List<String> line = new ArrayList<>();
    line.add(Program.SETPRIV.find().toString());
    line.addAll(List.of("--no-new-privs", "--pdeathsig", "KILL"));
    line.add(Program.SH.find().toString());
    line.addAll(List.of("-c", CHECK_PARENT, Long.toString(ProcessHandle.current().pid())));
    line.add(Program.PRLIMIT.find().toString());
    line.add("--core=0");
    line.add("--as=" + limits.addressSpace());
    line.add("--cpu=" + limits.cpu().toSeconds());
    line.add("--fsize=" + limits.fileSize());
    line.add(command.program().find().toString());
    line.addAll(command.arguments());
    return line;
  }

  /** Runs a program to its end and returns what it wrote to its standard output. */
  public static byte[] run(Command command, Duration limit)
      throws IOException, InterruptedException {
    try (ChildProcess child = start(command)) {
      return child.await(limit);
    }
  }

  /**
   * Waits for the program to end well.
   *
   * @return what it wrote to its standard output
   * @throws ToolFailed if it failed, wrote too much, or was still running at the limit; it is
   *     killed then
   */
  public byte[] await(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    if (!waitFor(limit)) {
      process.destroyForcibly();
      throw failed(
          "was still running after " + limit.toSeconds() + " s and was stopped",
          "try again when the machine is less busy, and check the health of its storage");
    }
    if (process.exitValue() != 0 && !stdout.isCompletedExceptionally()) {
      throw failure();
    }
    try {
      return stdout.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IOException("the output of " + name + " could not be read", e.getCause());
    } catch (TimeoutException e) {
      throw failed("ended but left its output open", "check what " + name + " is");
    }
  }

  /** Waits until the program has ended, however; false if it is still running at the limit. */
  public boolean waitFor(Duration limit) throws InterruptedException {
    return process.waitFor(limit);
  }

  /**
   * The exit status of a program that has ended, for those whose status says more than good or bad.
   */
  public int exitStatus() {
    return process.exitValue();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The process id; that of the program itself, since what sets it up becomes it. */
  public long pid() {
    return process.pid();
  }

  /** The last words of the program so far, at most {@link Tail#BYTES} bytes; all once it ended. */
  public String stderr() throws InterruptedException {
    if (!process.isAlive()) {
      try {
        // A process of its own may hold the pipe open, so the wait has a bound.
        stderrEnd.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        return stderr.text(); // what was read until then
      }
    }
    return stderr.text();
  }

  /** Describes how the ended program failed. */
  public ToolFailed failure() throws InterruptedException {
    int status = process.exitValue();
    if (status > 128) { // how Java reports a signal
      return failed(
          "was ended by signal " + (status - 128),
          "unless someone stopped it, the image may be crafted to exhaust memory; see the kernel's log");
    }
    return failed("failed with exit status " + status, "see its message");
  }

  private ToolFailed failed(String problem, String remedy) throws InterruptedException {
    return new ToolFailed(name, problem, stderr(), remedy);
  }

  /**
   * Ends the program: asks, then kills. Returns when it is gone, after at most twice three seconds.
   *
   * @throws IOException if the kernel does not end it, which happens while its storage hangs
   */
  @Override
  public void close() throws IOException {
    process.destroy();
    if (!endsWithin(GRACE)) {
      kill();
    }
  }

  /**
   * Ends the program without asking: for one that has nothing to lose. Returns when it is gone.
   *
   * @throws IOException if the kernel does not end it, which happens while its storage hangs
   */
  public void kill() throws IOException {
    process.destroyForcibly();
    if (!endsWithin(GRACE)) {
      throw new IOException(
          name + " (process " + pid() + ") does not end: the storage it reads may hang");
    }
  }

  /** Kills the program, and does not wait for its end: a thread that waits for it sees that. */
  void abort() {
    process.destroyForcibly();
  }

  private boolean endsWithin(Duration limit) {
    boolean interrupted = Thread.interrupted();
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          return process.waitFor(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        } catch (InterruptedException e) {
          interrupted = true; // closing goes on; it is bounded
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void reader(String stream, Runnable task) {
    Thread.ofPlatform().daemon().name(name + "-" + process.pid() + "-" + stream).start(task);
  }

  private void drainStderr(InputStream stream) {
    try (stream) {
      stderr.drain(stream);
      stderrEnd.complete(null);
    } catch (IOException e) {
      stderrEnd.completeExceptionally(e);
    }
  }

  private void readStdout(InputStream stream, int limit) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (stream) {
      byte[] buffer = new byte[8192];
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        if (bytes.size() + n > limit) {
          stdout.completeExceptionally(
              new ToolFailed(
                  name, "wrote more than " + limit + " bytes", stderr.text(), "check the image"));
          process.destroyForcibly();
          return;
        }
        bytes.write(buffer, 0, n);
      }
      stdout.complete(bytes.toByteArray());
    } catch (IOException e) {
      stdout.completeExceptionally(e);
    }
  }
}
