package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;

/** What holds the store has no room left, or the user's quota is used up. */
public final class StoreFull extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code path} is the file that was being written. */
  StoreFull(Path path, IOException cause) {
    this(path.toString(), "on that file system", cause);
  }

  /** {@code place} is what was being written, and {@code where} where there must be room for it. */
  public StoreFull(String place, String where, IOException cause) {
    super(
        "no space left writing "
            + place
            + ": free space "
            + where
            + " or delete templates, then try again; what was stored so far is kept and not stored"
            + " again",
        cause);
  }
}
