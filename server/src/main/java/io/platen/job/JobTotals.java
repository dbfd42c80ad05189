package io.platen.job;

import io.platen.event.EventName;
import io.platen.event.EventState;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts the jobs of one process since its start. */
public final class JobTotals {
  private record End(EventName name, EventState state) {}

  private final ConcurrentHashMap<EventName, LongAdder> running = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<End, LongAdder> ended = new ConcurrentHashMap<>();

  JobTotals() {}

  private static <K> LongAdder of(ConcurrentHashMap<K, LongAdder> adders, K key) {
    return adders.computeIfAbsent(key, _ -> new LongAdder());
  }

  void began(EventName name) {
    of(running, name).increment();
  }

  void stopped(EventName name) {
    of(running, name).decrement();
  }

  void end(EventName name, EventState state) {
    of(ended, new End(name, state)).increment();
  }

  /** How many run now. */
  public long running(EventName name) {
    return of(running, name).sum();
  }

  /** How many events this process ended in a state; those cancelled are ended by a request. */
  public long ended(EventName name, EventState state) {
    return of(ended, new End(name, state)).sum();
  }
}
