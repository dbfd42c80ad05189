package io.platen.cli;

import io.platen.config.SettingsFile;
import picocli.CommandLine.Command;

@Command(
    name = "settings",
    description = {
      "Prints a configuration file to begin with.",
      "Every setting is in it, as a comment that says what it is, what it must be and its default."
    },
    mixinStandardHelpOptions = true)
final class SettingsCommand implements Runnable {
  @Override
  public void run() {
    System.out.print(SettingsFile.text());
  }
}
