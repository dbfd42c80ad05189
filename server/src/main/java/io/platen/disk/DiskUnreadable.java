package io.platen.disk;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The disk is missing, is no file or block device, or may not be read. */
public final class DiskUnreadable extends DiskException {
  private static final long serialVersionUID = 1L;

  public DiskUnreadable(Path disk, String problem, String remedy, @Nullable Throwable cause) {
    super(disk + " " + problem, remedy, cause);
  }
}
