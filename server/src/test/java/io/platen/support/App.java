package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The packaged application, as the launcher runs it, on the JDK that runs the tests. */
public final class App {
  private static final Path JAR =
      Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();

  private App() {}

  /** What a start loads, noted once for all starts of these tests: it halves their time. */
  private static final Path ARCHIVE = Path.of("target", "system-tests.aot").toAbsolutePath();

  private static boolean trained;

  private static synchronized Path archive() throws Exception {
    if (!trained) {
      trained = true;
      SharedFile.made(ARCHIVE, JAR, App::train);
    }
    return ARCHIVE;
  }

  /** Starts a server once, for the JDK to note what that loads; it does so when it ends. */
  private static void train() throws Exception {
    Files.deleteIfExists(ARCHIVE);
    Path root = Files.createTempDirectory("platen-training");
    try (var server =
        RunningServer.start(
            root.resolve("data"), List.of("-XX:AOTCacheOutput=" + ARCHIVE), Map.of())) {
      server.client().get("/custom-templates").ok();
      server.terminate(RunningServer.START_LIMIT);
    }
    Program.succeed("rm", "-r", root.toString());
  }

  /** The flag that makes a start fast; none where the archive is just being made. */
  private static List<String> fast(List<String> flags) throws Exception {
    return flags.stream().anyMatch(flag -> flag.startsWith("-XX:AOT"))
        ? List.of()
        : List.of("-XX:AOTCache=" + archive(), "-Xlog:aot=off", "-Xlog:cds=off");
  }

  /** The flags that the launcher gives Java. */
  private static List<String> launcherFlags() throws IOException {
    var lines = Files.readAllLines(Path.of("..", "packaging", "run.sh"));
    int start = lines.indexOf("flags=(") + 1;
    int length = lines.subList(start, lines.size()).indexOf(")");
    return lines.subList(start, start + length).stream()
        .map(String::strip)
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  public static List<String> command(List<String> flags, List<String> arguments) throws Exception {
    if (!Files.isRegularFile(JAR)) {
      throw new IllegalStateException(JAR + " is missing: these tests run after mvn package");
    }
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(launcherFlags());
    command.addAll(fast(flags));
    command.addAll(flags);
    command.add("-jar");
    command.add(JAR.toString());
    command.addAll(arguments);
    return command;
  }

  /** Runs a command of Platen's to its end. */
  public static Program.Ended run(String... arguments) throws Exception {
    return Program.run(command(List.of(), List.of(arguments)));
  }

  /** Runs a command that has to succeed, and returns the last line of stdout. */
  public static String succeed(String... arguments) throws Exception {
    var ended = run(arguments);
    if (ended.status() != 0) {
      throw new IOException(
          "platen %s: status %d: %s"
              .formatted(String.join(" ", arguments), ended.status(), ended.err()));
    }
    return ended.lastLine();
  }
}
