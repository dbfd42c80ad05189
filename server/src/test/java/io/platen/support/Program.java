package io.platen.support;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end. */
public final class Program {
  private static final int LIMIT_SECONDS = 180;

  private Program() {}

  /** How a program ended, and what it wrote. */
  public record Ended(int status, String out, String err) {
    /** The last line of stdout; commands that print a result print it alone there. */
    public String lastLine() {
      return out.lines().reduce("", (before, line) -> line);
    }
  }

  /** Runs a program, whatever its exit status. */
  public static Ended run(List<String> command) throws IOException, InterruptedException {
    return run(command, Map.of());
  }

  /** As {@link #run(List)}, with more variables in its environment. */
  public static Ended run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("program", ".out");
    Path err = Files.createTempFile("program", ".err");
    try {
      var builder =
          new ProcessBuilder(command)
              .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      var process = builder.start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " does not end");
      }
      return new Ended(process.exitValue(), text(out), text(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** Runs a program that has to succeed, and returns what it wrote to stdout. */
  public static String succeed(String... command) throws IOException, InterruptedException {
    var ended = run(List.of(command));
    if (ended.status() != 0) {
      throw new IOException(
          "%s: status %d: %s%s"
              .formatted(String.join(" ", command), ended.status(), ended.out(), ended.err()));
    }
    return ended.out();
  }
}
