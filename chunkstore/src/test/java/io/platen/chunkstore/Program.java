package io.platen.chunkstore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a real program, with a time limit. */
final class Program {
  private static final int LIMIT_SECONDS = 60;

  private Program() {}

  /** Its output; an error when it fails or takes too long. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(List.of(command) + " failed: " + output);
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
