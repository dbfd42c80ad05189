package io.platen.chunkstore;

/** A request to stop, handed to an operation at its start. Safe for use by any thread. */
public final class Cancellation {
  private volatile boolean cancelled;

  /** Asks the operation to stop; it does within about a second. Has no effect on a finished one. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel} was called. */
  public boolean isCancelled() {
    return cancelled;
  }

  void check(String operation) throws Cancelled {
    if (cancelled) {
      throw new Cancelled(operation + " was cancelled");
    }
  }
}
