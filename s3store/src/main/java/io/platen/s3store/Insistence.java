package io.platen.s3store;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tries again, beside other work, what others wait for, until it succeeds. */
final class Insistence {
  private static final long PAUSE_MILLIS = 1000;

  /** What may fail for now. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  private final String name;
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile boolean stopped;

  Insistence(String name) {
    this.name = name;
  }

  /** Begins; nothing where it is tried already. */
  void begin(Step step) {
    if (running.compareAndSet(false, true)) {
      Thread.ofVirtual().name(name).start(() -> insist(step));
    }
  }

  private void insist(Step step) {
    try {
      boolean done = false;
      while (!done && !stopped) {
        Thread.sleep(PAUSE_MILLIS);
        done = succeeds(step);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.set(false);
    }
  }

  private static boolean succeeds(Step step) {
    try {
      step.run();
      return true;
    } catch (IOException e) {
      // Why, whoever asks the ledger meanwhile is told.
      return false;
    }
  }

  /** Gives up. */
  void stop() {
    stopped = true;
  }
}
