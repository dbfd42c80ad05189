package io.platen.chunkstore;

import java.util.concurrent.TimeUnit;

/**
 * Keeps background work from taking the whole disk: so many units a second, measured by a clock
 * that can't be set. Safe for use by several threads at once.
 */
public final class Pace {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** How long a wait goes on before it looks for a cancellation. */
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(100);

  private final long perSecond;

  /** When the next unit is due, as {@link System#nanoTime} counts. */
  private long due = System.nanoTime();

  /**
   * @param perSecond units a second; 0 for as many as possible
   */
  public Pace(long perSecond) {
    if (perSecond < 0) {
      throw new IllegalArgumentException("a pace of " + perSecond);
    }
    this.perSecond = perSecond;
  }

  /** As fast as possible. */
  public static Pace unlimited() {
    return new Pace(0);
  }

  /**
   * Waits until {@code units} more may be done.
   *
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   */
  public void await(long units, Cancellation cancellation) throws Cancelled {
    if (perSecond == 0) {
      return;
    }
    long until = take(units);
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      cancellation.check("waiting for the disk's share of background work");
      try {
        TimeUnit.NANOSECONDS.sleep(Math.min(left, LOOK));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Cancelled("background work was interrupted");
      }
    }
  }

  private synchronized long take(long units) {
    long now = System.nanoTime();
    // What was not used for a while is not made up for.
    if (due - now < 0) {
      due = now;
    }
    long mine = due;
    due += Math.round((double) units * SECOND / perSecond);
    return mine;
  }
}
