package io.platen.liveness;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Knows the threads that the server can't do without: if one ends, or hangs, jobs stay as they are
 * for ever, although requests are answered. Only a new process helps then.
 */
public final class Watchdog {
  /** A thread that either runs or has ended. */
  private record Runner(String name, BooleanSupplier runs) {}

  private final LongSupplier nanoTime;
  private final List<Pulse> pulses = new CopyOnWriteArrayList<>();
  private final List<Runner> runners = new CopyOnWriteArrayList<>();

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public Watchdog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Begins to watch a loop.
   *
   * @param limit longer than any turn takes that is not stuck, with all that it may have to wait
   *     for
   */
  public Pulse watch(String name, Duration limit) {
    var pulse = new Pulse(name, limit.toNanos(), nanoTime);
    pulses.add(pulse);
    return pulse;
  }

  /** Begins to watch a thread that waits for work without a limit. */
  public void watch(String name, BooleanSupplier runs) {
    runners.add(new Runner(name, runs));
  }

  /** The names of those that are watched. */
  public List<String> watched() {
    return sorted(pulses.stream(), runners.stream());
  }

  /** The names of those that have ended or are stuck. */
  public List<String> missing() {
    return sorted(
        pulses.stream().filter(Pulse::isMissing),
        runners.stream().filter(runner -> !runner.runs().getAsBoolean()));
  }

  private static List<String> sorted(Stream<Pulse> pulses, Stream<Runner> runners) {
    return Stream.concat(pulses.map(Pulse::name), runners.map(Runner::name)).sorted().toList();
  }
}
