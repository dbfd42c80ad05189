package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;

/** The file system that holds the path has no room left, or the user's quota is used up. */
public final class StoreFull extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path path;

  StoreFull(Path path, IOException cause) {
    super(
        "no space left writing "
            + path
            + ": free space on that file system or delete templates, then try again; what was"
            + " stored so far is kept and not stored again",
        cause);
    this.path = path;
  }

  /** What was being written. */
  public Path path() {
    return path;
  }
}
