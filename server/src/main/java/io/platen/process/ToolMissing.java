package io.platen.process;

/** A program that Platen runs is not installed. */
public final class ToolMissing extends ToolException {
  private static final long serialVersionUID = 1L;

  public ToolMissing(Program program) {
    super(
        program.name() + " is not installed, or not in PATH",
        "install the package " + program.debianPackage() + " (" + program.otherPackages() + ")");
  }
}
