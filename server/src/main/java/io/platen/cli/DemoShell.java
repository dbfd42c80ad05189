package io.platen.cli;

import io.platen.process.Companion;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs Platen's commands as a person types them, and shows both them and what they say. */
final class DemoShell {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Map<String, String> environment;

  /**
   * @param url of the server that the commands over HTTP talk to
   */
  DemoShell(String url, String key) {
    environment = Map.of("PAPERSPACE_API_URL", url, "PAPERSPACE_API_KEY", key);
  }

  /** How a person calls Platen. */
  static List<String> launcher() throws IOException {
    String home = System.getenv("PLATEN_HOME");
    if (home == null) {
      throw new IOException("the demo is started with the launcher: ./platen demo");
    }
    return List.of(Path.of(home, "platen").toString());
  }

  /** Runs a command to its end, and returns what it wrote to its standard output. */
  String run(String... words) throws IOException, InterruptedException {
    System.err.println("   $ platen " + String.join(" ", words));
    String out = ask(words);
    out.lines().forEach(line -> System.err.println("   " + line));
    return out;
  }

  /** As {@link #run}, and shows neither. */
  String ask(String... words) throws IOException, InterruptedException {
    var command = new ArrayList<>(launcher());
    command.addAll(List.of(words));
    try (var process = Companion.start(command, environment, null)) {
      return process.await(LIMIT).strip();
    }
  }
}
