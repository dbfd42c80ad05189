package io.platen.disk;

/** A program that Platen runs ended with an error, or did not end in time. */
public final class ToolFailed extends DiskException {
  private static final long serialVersionUID = 1L;

  private final String stderr;

  public ToolFailed(String program, String problem, String stderr, String remedy) {
    super(
        program + " " + problem + (stderr.isEmpty() ? "" : ", saying \"" + stderr + "\""),
        remedy,
        null);
    this.stderr = stderr;
  }

  /** The end of what the program wrote to its standard error, at most {@link Tail#BYTES} bytes. */
  public String stderr() {
    return stderr;
  }
}
