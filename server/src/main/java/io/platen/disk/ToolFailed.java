package io.platen.disk;

/** A program that Platen runs ended with an error, or did not end in time. */
public final class ToolFailed extends DiskException {
  private static final long serialVersionUID = 1L;

  private final String program;
  private final String problem;
  private final String stderr;

  public ToolFailed(String program, String problem, String stderr, String remedy) {
    super(
        program + " " + problem + (stderr.isEmpty() ? "" : ", saying \"" + stderr + "\""),
        remedy,
        null);
    this.program = program;
    this.problem = problem;
    this.stderr = stderr;
  }

  /** The same, with the files of a disk under the names that people know. */
  public ToolFailed withPaths(OpenDisk disk) {
    return new ToolFailed(program, problem, disk.withPaths(stderr), remedy());
  }

  /** The end of what the program wrote to its standard error, at most {@link Tail#BYTES} bytes. */
  public String stderr() {
    return stderr;
  }
}
