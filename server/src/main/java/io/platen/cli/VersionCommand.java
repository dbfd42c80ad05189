package io.platen.cli;

import io.platen.config.PlatenVersion;
import java.io.IOException;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Runnable {
  @Override
  public void run() {
    try {
      System.out.println(PlatenVersion.number());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
