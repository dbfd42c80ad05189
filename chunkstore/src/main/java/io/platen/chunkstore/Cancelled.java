package io.platen.chunkstore;

import java.io.IOException;

/** The operation was cancelled, or the thread waiting for it interrupted; it left no file. */
public final class Cancelled extends IOException {
  private static final long serialVersionUID = 1L;

  /** For callers that wait for an operation on behalf of others. */
  public Cancelled(String message) {
    super(message);
  }
}
