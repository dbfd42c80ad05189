package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;

/** An index file that is damaged, or of a kind this library does not read. */
public final class IndexCorrupt extends IOException {
  private static final long serialVersionUID = 1L;

  IndexCorrupt(Path file, String what) {
    super("index " + file + " is corrupt: " + what);
  }
}
