package io.platen.disk;

/** A program that Platen runs is not installed. */
public final class ToolMissing extends DiskException {
  private static final long serialVersionUID = 1L;

  public ToolMissing(Program program) {
    super(
        program.name() + " is not installed, or not in PATH",
        "install the package " + program.debianPackage() + " (" + program.otherPackages() + ")",
        null);
  }
}
