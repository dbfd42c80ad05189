package io.platen.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server of the demo's own, started with the command that a person would use. */
final class DemoServer implements AutoCloseable {
  private static final long START_SECONDS = 30;
  private static final long STOP_SECONDS = 10;

  private final Process process;
  private final String url;
  private final String key;

  private DemoServer(Process process, String url, String key) {
    this.process = process;
    this.url = url;
    this.key = key;
  }

  static DemoServer start(List<String> platen, Path data) throws IOException, InterruptedException {
    var command = new java.util.ArrayList<>(platen);
    command.addAll(List.of("serve", "--data", data.toString(), "--port", "0"));
    var process =
        new ProcessBuilder(command)
            .redirectError(data.resolveSibling("server.log").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    try {
      // The two lines come once the server listens.
      var lines =
          CompletableFuture.supplyAsync(() -> exports(process))
              .get(START_SECONDS, TimeUnit.SECONDS);
      return new DemoServer(process, lines.getFirst(), lines.getLast());
    } catch (ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new IOException(
          "the server did not start; see " + data.resolveSibling("server.log"), e);
    }
  }

  private static List<String> exports(Process process) {
    var out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    return out.lines().limit(2).map(line -> line.substring(line.indexOf('=') + 1)).toList();
  }

  String url() {
    return url;
  }

  String key() {
    return key;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
