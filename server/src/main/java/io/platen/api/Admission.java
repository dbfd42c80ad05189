package io.platen.api;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** The requests that are under way, and the memory that their bodies may take. */
@Singleton
public final class Admission {
  private final AtomicLong underWay = new AtomicLong();
  private final AtomicLong bodyBytes = new AtomicLong();
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

  /** Takes memory for a body; false where there is none left, and nothing was taken. */
  boolean reserve(long bytes) {
    if (bodyBytes.addAndGet(bytes) > HttpLimits.BODIES && bytes > 0) {
      bodyBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void release(long bytes) {
    bodyBytes.addAndGet(-bytes);
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
