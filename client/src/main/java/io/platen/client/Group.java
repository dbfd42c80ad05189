package io.platen.client;

import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A word that only stands before others, such as "machine" before "list". */
abstract class Group implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  /**
   * Its commands by name, in the order of the help. They are made when they are needed, since
   * picocli takes a millisecond and more to know each.
   */
  abstract Map<String, Supplier<Object>> commands();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        spec.subcommands().keySet().stream()
            .collect(Collectors.joining(", ", "Name what to do: ", ".")));
  }
}
