package io.platen.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Shown in the help; the launcher runs the tests itself, because they need what it installs and
 * Maven.
 */
@Command(
    name = "test",
    description = "Runs all tests, installing and starting what they need.",
    mixinStandardHelpOptions = true)
final class TestCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.err.println("platen: the tests are run by the launcher: ./platen test");
    return 1;
  }
}
