package io.platen.chunkstore;

import java.io.IOException;

/** The operation was cancelled, or the thread waiting for it interrupted; it left no file. */
public final class Cancelled extends IOException {
  private static final long serialVersionUID = 1L;

  Cancelled(String message) {
    super(message);
  }
}
