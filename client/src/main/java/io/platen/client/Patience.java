package io.platen.client;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How a command asks again and again: more and more rarely, and through the restart of a server,
 * but not for ever.
 */
final class Patience {
  private static final long FIRST_MILLIS = 100;
  private static final long MOST_MILLIS = 2_000;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;

  /** A server that restarts takes its jobs up again; one that is away for longer may be gone. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private long pause = FIRST_MILLIS;
  private long answered = System.nanoTime();

  /** There was an answer. */
  void answered() {
    answered = System.nanoTime();
  }

  /** Something happened, so more may follow soon. */
  void begin() {
    pause = FIRST_MILLIS;
  }

  /** Takes a failure that may pass; throws it where it does not, or did not for too long. */
  void orThrow(IOException e) throws IOException {
    if (!mayPass(e) || System.nanoTime() - answered > LIMIT.toNanos()) {
      throw e;
    }
  }

  private static boolean mayPass(IOException e) {
    return !(e instanceof Refused refused)
        || refused.status() == TOO_MANY_REQUESTS
        || refused.status() == UNAVAILABLE;
  }

  void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    pause = Math.min(MOST_MILLIS, pause * 3 / 2);
  }
}
