package io.platen.http;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** The requests that are under way, and the memory that they and their answers may take. */
@Singleton
public final class Admission {
  private final AtomicLong underWay = new AtomicLong();
  private final Budget bodies = new Budget(HttpLimits.BODIES);
  private final Budget held = new Budget(HttpLimits.ALL_HELD);
  private final Budget answers = new Budget(HttpLimits.ANSWERS);
  private final CompletableFuture<Boolean> drained = new CompletableFuture<>();
  private volatile boolean closing;

  /** Lets a request in; false once {@link #drain} was called. */
  boolean enter() {
    underWay.incrementAndGet();
    if (closing) {
      leave();
      return false;
    }
    return true;
  }

  /** A request that was let in is over. */
  void leave() {
    if (underWay.decrementAndGet() == 0 && closing) {
      drained.complete(true);
    }
  }

  /** For bodies longer than {@link HttpLimits#SMALL_BODY}. */
  Budget bodies() {
    return bodies;
  }

  /** For requests that were received while an earlier one of their connection is answered. */
  Budget held() {
    return held;
  }

  /** For answers that were written and that the client has not taken yet. */
  Budget answers() {
    return answers;
  }

  /** Whether requests are still let in. */
  public boolean isOpen() {
    return !closing;
  }

  public long underWay() {
    return underWay.get();
  }

  /**
   * Lets no more requests in, and waits for those under way.
   *
   * @return false where some were still under way after this time
   */
  public boolean drain(Duration patience) throws InterruptedException {
    closing = true;
    if (underWay.get() == 0) {
      return true;
    }
    try {
      return drained.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("nothing completes it with a failure", e);
    }
  }
}
