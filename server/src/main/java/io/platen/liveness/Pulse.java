package io.platen.liveness;

import java.util.function.LongSupplier;

/** The sign of life of a loop: it beats on each turn, whether that succeeds or fails. */
public final class Pulse {
  private final String name;
  private final long limitNanos;
  private final LongSupplier nanoTime;
  private volatile long last;

  Pulse(String name, long limitNanos, LongSupplier nanoTime) {
    this.name = name;
    this.limitNanos = limitNanos;
    this.nanoTime = nanoTime;
    beat();
  }

  public void beat() {
    last = nanoTime.getAsLong();
  }

  String name() {
    return name;
  }

  /** Whether there was no beat for longer than a turn may take. */
  boolean isMissing() {
    return nanoTime.getAsLong() - last > limitNanos;
  }
}
