package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;

/** Another process, or another part of this one, has the store open for writing. */
public final class StoreInUse extends IOException {
  private static final long serialVersionUID = 1L;

  StoreInUse(Path store) {
    super("store " + store + " is open for writing elsewhere: only one process may write to it");
  }
}
