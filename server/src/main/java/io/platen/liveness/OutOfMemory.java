package io.platen.liveness;

/**
 * Ends the process where memory has run out: whatever a thread was doing stays half done, and a new
 * process takes the jobs up again. Java does that by itself where its heap is full ({@code
 * -XX:+ExitOnOutOfMemoryError}). Where there is no room for a direct buffer, or no further thread,
 * it only throws.
 */
public final class OutOfMemory {
  /** As Java's own end. */
  private static final int STATUS = 3;

  private OutOfMemory() {}

  /** Ends the process if this failure, or one that led to it, says that memory has run out. */
  public static void endIfItIs(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        System.err.println("Terminating due to " + cause);
        Runtime.getRuntime().halt(STATUS);
      }
    }
  }
}
