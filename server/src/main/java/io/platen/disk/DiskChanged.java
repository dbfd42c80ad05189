package io.platen.disk;

import java.nio.file.Path;

/** A program that takes no locks wrote to the disk while it was read: the copy would be torn. */
public final class DiskChanged extends DiskException {
  private static final long serialVersionUID = 1L;

  DiskChanged(Path disk) {
    super(
        disk + " changed while it was read",
        "find what writes to it and stop that, for example a machine that is not QEMU's, then try"
            + " again",
        null);
  }
}
