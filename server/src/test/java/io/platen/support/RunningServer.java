package io.platen.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A server in a process of its own, which can be ended in every way and started again. */
public final class RunningServer implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listening on (https?://\\S+),");
  private static final String KEY = "export PAPERSPACE_API_KEY=";
  public static final Duration START_LIMIT = Duration.ofMinutes(2);

  /** SIGTERM ends a server within this time, whatever it is doing. */
  public static final Duration END_LIMIT = Duration.ofSeconds(10);

  private static final long DUMP_SECONDS = 3;

  private final Path data;
  private final List<String> options;
  private final List<String> flags;
  private final Map<String, String> environment;
  private final Path log;
  private final LastLines lastLines;
  private @Nullable Writer logLines;
  private @Nullable Process process;
  private @Nullable URI url;
  private @Nullable String key;

  private List<String> become;

  private RunningServer(
      List<String> become,
      Path data,
      List<String> flags,
      Map<String, String> environment,
      List<String> options) {
    this.become = become;
    this.data = data;
    this.flags = flags;
    this.environment = environment;
    this.options = options;
    this.log = data.resolveSibling(data.getFileName() + ".log");
    this.lastLines = LastLines.of("the server on " + data);
  }

  /** Starts a server on a data directory; it listens when this returns. */
  public static RunningServer start(Path data, String... options) throws Exception {
    return start(data, List.of(), Map.of(), options);
  }

  /** As {@link #start(Path, String...)}, with flags for its Java and environment variables. */
  public static RunningServer start(
      Path data, List<String> flags, Map<String, String> environment, String... options)
      throws Exception {
    return startAs(List.of(), data, flags, environment, options);
  }

  /**
   * As another user.
   *
   * @param become a command that runs the command behind it as that user
   */
  public static RunningServer startAs(
      List<String> become,
      Path data,
      List<String> flags,
      Map<String, String> environment,
      String... options)
      throws Exception {
    var server = new RunningServer(become, data, flags, environment, List.of(options));
    server.startAgain();
    return server;
  }

  /** As {@link #start(Path, String...)}, on a database that has this key already. */
  public static RunningServer startWithKey(Path data, String key, String... options)
      throws Exception {
    var server = new RunningServer(List.of(), data, List.of(), Map.of(), List.of(options));
    server.key = key;
    server.startAgain();
    return server;
  }

  /** Starts it again, with more options this time. */
  public void startAgain(String... more) throws Exception {
    var arguments = new ArrayList<>(List.of("serve", "--data", data.toString(), "--port", "0"));
    arguments.addAll(options);
    arguments.addAll(List.of(more));
    if (options.stream().noneMatch(option -> option.startsWith("--hypervisor"))) {
      // What is installed on this host must not change what is tested.
      arguments.add("--hypervisor=none");
    }
    var command = new ArrayList<>(become);
    command.addAll(App.command(flags, arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    var started = builder.start();
    process = started;
    // Whatever happens to the tests, no server is left behind.
    Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
    started.getOutputStream().close();
    var listening = new CompletableFuture<URI>();
    var first = new CompletableFuture<String>();
    // Not virtual: who reads a pipe keeps the carrier (JDK 25), and with two servers there is none.
    Thread.ofPlatform().daemon().start(() -> readOut(started, first));
    Thread.ofPlatform().daemon().start(() -> readErr(started, listening));
    try {
      url = listening.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      String state = state(started);
      started.destroyForcibly();
      throw new IOException(
          "the server does not start: %s; its log is %s".formatted(state, log), e);
    } catch (ExecutionException e) {
      started.destroyForcibly();
      throw new IOException("the server does not start; its log is " + log, e);
    }
    if (key == null) {
      // It was printed before the line about listening, but through another pipe.
      key = first.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** What holds up a process; its Java writes where each thread is, and its log has that. */
  private static String state(Process process) throws Exception {
    Path of = Path.of("/proc", Long.toString(process.pid()));
    var kernel =
        Files.readAllLines(of.resolve("status")).stream()
            .filter(line -> line.matches("(State|PPid|TracerPid|Threads):.*"))
            .toList();
    Program.run(List.of("kill", "-QUIT", Long.toString(process.pid())));
    process.waitFor(DUMP_SECONDS, TimeUnit.SECONDS);
    return kernel + " in " + Files.readString(of.resolve("wchan"));
  }

  private void readOut(Process started, CompletableFuture<String> first) {
    try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        note(line);
        if (line.startsWith(KEY)) {
          first.complete(line.substring(KEY.length()));
        }
      }
    } catch (IOException e) {
      first.completeExceptionally(e);
    }
    first.completeExceptionally(new IOException("no key was printed"));
  }

  private void readErr(Process started, CompletableFuture<URI> listening) {
    try (BufferedReader lines = started.errorReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        note(line);
        var found = LISTENING.matcher(line);
        if (found.find()) {
          listening.complete(URI.create(found.group(1)));
        }
      }
    } catch (IOException e) {
      listening.completeExceptionally(e);
    }
    listening.completeExceptionally(new IOException("the server ended"));
  }

  private synchronized void note(String line) {
    lastLines.add(line);
    try {
      var lines = logLines;
      if (lines == null) {
        lines = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        logLines = lines;
      }
      lines.write(line + "\n");
      lines.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A later line opens it again. */
  private synchronized void closeLog() {
    var lines = logLines;
    logLines = null;
    if (lines != null) {
      try {
        lines.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Process process() {
    var running = process;
    if (running == null) {
      throw new IllegalStateException("the server was not started");
    }
    return running;
  }

  public Path data() {
    return data;
  }

  public long pid() {
    return process().pid();
  }

  /** Of a server that has ended. */
  public int exitStatus() {
    return process().exitValue();
  }

  public boolean isAlive() {
    return process().isAlive();
  }

  /** Everything it wrote so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  public URI url() {
    var known = url;
    if (known == null) {
      throw new IllegalStateException("the server was not started");
    }
    return known;
  }

  /** The key it printed at its first start. */
  public String key() {
    var known = key;
    if (known == null) {
      throw new IllegalStateException("the server was not started");
    }
    return known;
  }

  public Client client() {
    return new Client(url(), key());
  }

  public Client client(String otherKey) {
    return new Client(url(), otherKey);
  }

  /** Waits until it has ended by itself; returns its exit status. */
  public int awaitExit(Duration limit) throws Exception {
    if (!process().waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("the server does not end; its log is " + log);
    }
    return process().exitValue();
  }

  /** Ends it as a crash does, without any notice. */
  public void kill9() throws InterruptedException {
    process().destroyForcibly().waitFor();
  }

  /** Ends it with SIGTERM, and returns how long that took. */
  public Duration terminate() throws Exception {
    return terminate(END_LIMIT.multipliedBy(3));
  }

  public Duration terminate(Duration limit) throws Exception {
    var running = process();
    long start = System.nanoTime();
    running.toHandle().destroy();
    if (!running.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      running.destroyForcibly();
      throw new IOException("the server does not end on SIGTERM; its log is " + log);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  public void restart() throws Exception {
    terminate();
    startAgain();
  }

  /** As {@link #restart}, as another version of it from now on; see {@link #startAs}. */
  public void restartAs(List<String> other) throws Exception {
    terminate();
    become = other;
    startAgain();
  }

  @Override
  public void close() {
    var running = process;
    if (running != null) {
      running.destroyForcibly().onExit().join();
    }
    closeLog();
  }
}
