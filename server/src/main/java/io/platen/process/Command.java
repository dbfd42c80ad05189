package io.platen.process;

import java.util.List;

/**
 * A program to run, with its arguments.
 *
 * @param program the program
 * @param arguments passed as they are; no shell sees them
 * @param limits what it may use
 * @param stdoutLimit how many bytes it may write to its standard output; 0 discards the output
 */
public record Command(Program program, List<String> arguments, Limits limits, int stdoutLimit) {
  public Command {
    arguments = List.copyOf(arguments);
    if (stdoutLimit < 0) {
      throw new IllegalArgumentException("a negative output limit");
    }
  }
}
