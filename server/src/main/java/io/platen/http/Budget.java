package io.platen.http;

import java.util.concurrent.atomic.AtomicLong;

/** Memory, in bytes, that requests take and give back. */
final class Budget {
  private final long limit;
  private final AtomicLong taken = new AtomicLong();

  Budget(long limit) {
    this.limit = limit;
  }

  /** Takes so much; false where that would be more than there is, and nothing was taken. */
  boolean take(long bytes) {
    if (taken.addAndGet(bytes) <= limit) {
      return true;
    }
    taken.addAndGet(-bytes);
    return false;
  }

  /** Takes so much, even where that is more than there is. */
  void overdraw(long bytes) {
    taken.addAndGet(bytes);
  }

  void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }

  boolean isSpent() {
    return taken.get() >= limit;
  }
}
