package io.platen.s3store;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Tries again, beside other work, what others wait for, until it succeeds. */
final class Insistence {
  private static final long PAUSE_MILLIS = 1000;

  /** What may fail for now. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  private final String name;
  private final AtomicLong asked = new AtomicLong();
  private volatile boolean stopped;

  Insistence(String name) {
    this.name = name;
  }

  /** Begins; where it is being tried already, it is tried once more afterwards. */
  void begin(Step step) {
    if (asked.getAndIncrement() == 0) {
      Thread.ofVirtual().name(name).start(() -> insist(step));
    }
  }

  private void insist(Step step) {
    try {
      long seen;
      do {
        seen = asked.get();
        do {
          Thread.sleep(PAUSE_MILLIS);
        } while (!stopped && !succeeds(step));
      } while (!asked.compareAndSet(seen, 0) && !stopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // Whatever ended it, the next one begins anew.
      asked.set(0);
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
