package io.platen.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A command of Platen's own beside this one. Unlike a {@link ChildProcess} it works in this
 * process' environment and without limits, as if a person had called it; like one it ends with this
 * process: the kernel sends it SIGTERM then.
 */
public final class Companion implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(10);

  private final String name;
  private final Process process;
  private final BufferedReader out;

  private Companion(String name, Process process) {
    this.name = name;
    this.process = process;
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts a command.
   *
   * @param environment variables that it has beside those of this process
   * @param errors where its standard error goes; null for this process' own
   */
  public static Companion start(
      List<String> command, Map<String, String> environment, @Nullable Path errors)
      throws IOException, InterruptedException {
    var line = new ArrayList<String>();
    line.add(Program.SETPRIV.find().toString());
    line.addAll(List.of("--pdeathsig", "TERM"));
    line.add(Program.SH.find().toString());
    line.addAll(
        List.of("-c", ChildProcess.CHECK_PARENT, Long.toString(ProcessHandle.current().pid())));
    line.addAll(command);
    var builder = new ProcessBuilder(line);
    builder.environment().putAll(environment);
    builder.redirectError(errors == null ? Redirect.INHERIT : Redirect.to(errors.toFile()));
    return new Companion(String.join(" ", command), ChildProcess.spawn(builder));
  }

  /**
   * Waits for what it writes first to its standard output; it goes on.
   *
   * @throws IOException where it ends before, or takes longer than the limit
   */
  public List<String> firstLines(int count, Duration limit)
      throws IOException, InterruptedException {
    var lines = within(limit, () -> out.lines().limit(count).toList());
    if (lines.size() < count) {
      throw new IOException("%s ended before it had started".formatted(name));
    }
    return lines;
  }

  /**
   * Waits for its end.
   *
   * @return what it wrote to its standard output
   * @throws IOException where it failed, or takes longer than the limit
   */
  public String await(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    String text = within(limit, () -> out.lines().collect(Collectors.joining("\n")));
    if (!process.waitFor(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
      throw late(limit, null);
    }
    if (process.exitValue() != 0) {
      throw new IOException("%s failed with exit status %d".formatted(name, process.exitValue()));
    }
    return text;
  }

  private <T> T within(Duration limit, java.util.function.Supplier<T> reading)
      throws IOException, InterruptedException {
    try {
      return CompletableFuture.supplyAsync(reading).get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw late(limit, e);
    } catch (ExecutionException e) {
      throw new IOException("what %s says can't be read".formatted(name), e.getCause());
    }
  }

  private IOException late(Duration limit, @Nullable Throwable cause) {
    process.destroyForcibly();
    return new IOException(
        "%s was not done after %d s, and was ended".formatted(name, limit.toSeconds()), cause);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it: asks, then kills. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
