package io.platen.support;

import io.platen.cli.PlatenCommand;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Platen's commands in this process: what they do is the same, and no JVM is started. */
public final class Cli {
  private Cli() {}

  /** Runs a command to its end; one at a time, because it takes the standard streams. */
  public static synchronized Program.Ended run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    PrintStream usualOut = System.out;
    PrintStream usualErr = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int status =
          PlatenCommand.run(
              arguments,
              (config, takeOver) -> {
                throw new IllegalStateException("no server in the process of the tests");
              });
      return new Program.Ended(
          status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(usualOut);
      System.setErr(usualErr);
    }
  }
}
