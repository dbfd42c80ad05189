package io.platen.chunkstore;

import java.io.IOException;

/** An index that is damaged, or of a kind this library does not read. */
public final class IndexCorrupt extends IOException {
  private static final long serialVersionUID = 1L;

  IndexCorrupt(String place, String what) {
    super("index " + place + " is corrupt: " + what);
  }
}
