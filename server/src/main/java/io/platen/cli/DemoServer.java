package io.platen.cli;

import io.platen.process.Companion;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A server of the demo's own, started with the command that a person would use. */
final class DemoServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(30);

  private final Companion process;
  private final String url;
  private final String key;

  private DemoServer(Companion process, String url, String key) {
    this.process = process;
    this.url = url;
    this.key = key;
  }

  static DemoServer start(List<String> platen, Path data) throws IOException, InterruptedException {
    var command = new ArrayList<>(platen);
    command.addAll(List.of("serve", "--data", data.toString(), "--port", "0"));
    Path log = data.resolveSibling("server.log");
    var process = Companion.start(command, Map.of(), log);
    try {
      // The two lines come once the server listens.
      var lines = process.firstLines(2, START);
      return new DemoServer(process, value(lines.getFirst()), value(lines.getLast()));
    } catch (IOException e) {
      process.close();
      throw new IOException("the server did not start; see " + log, e);
    } catch (InterruptedException e) {
      process.close();
      throw e;
    }
  }

  /** Of a line that sets a variable. */
  private static String value(String line) {
    return line.substring(line.indexOf('=') + 1);
  }

  String url() {
    return url;
  }

  String key() {
    return key;
  }

  @Override
  public void close() {
    process.close();
  }
}
