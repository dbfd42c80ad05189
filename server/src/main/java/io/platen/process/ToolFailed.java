package io.platen.process;

import java.util.function.UnaryOperator;

/** A program that Platen runs ended with an error, or did not end in time. */
public final class ToolFailed extends ToolException {
  private static final long serialVersionUID = 1L;

  private final String program;
  private final String problem;
  private final String stderr;

  public ToolFailed(String program, String problem, String stderr, String remedy) {
    super(
        program + " " + problem + (stderr.isEmpty() ? "" : ", saying \"" + stderr + "\""), remedy);
    this.program = program;
    this.problem = problem;
    this.stderr = stderr;
  }

  /**
   * The same, with other words in what the program wrote: names of files that people know, for
   * example.
   */
  public ToolFailed with(UnaryOperator<String> words) {
    return new ToolFailed(program, problem, words.apply(stderr), remedy());
  }

  /** The end of what the program wrote to its standard error, at most {@link Tail#BYTES} bytes. */
  public String stderr() {
    return stderr;
  }
}
