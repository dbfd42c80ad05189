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

  /**
   * Ends an operation that was asked to stop.
   *
   * @param operation what it is, for the message
   */
  public void check(String operation) throws Cancelled {
    if (cancelled) {
      throw new Cancelled(operation + " was cancelled");
    }
  }
}
