package io.platen.machine;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When what failed for a machine is tried again: after 5 s, then after twice as long each time, and
 * after 5 minutes at most.
 */
final class Retries {
  private static final long FIRST_NANOS = 5_000_000_000L;
  private static final long LONGEST_NANOS = 300_000_000_000L;

  private record Failure(String reason, long delayNanos, long againNanos) {}

  private final Map<String, Failure> failures = new HashMap<>();

  /** Whether it is time to try. */
  boolean isDue(String machineId, long nowNanos) {
    var failure = failures.get(machineId);
    return failure == null || nowNanos - failure.againNanos >= 0;
  }

  /** Notes a failure. Whether it is a new one, or has another reason than the one before. */
  boolean failed(String machineId, @Nullable String why, long nowNanos) {
    var before = failures.get(machineId);
    long delay =
        before == null || before.delayNanos == 0
            ? FIRST_NANOS
            : Math.min(LONGEST_NANOS, 2 * before.delayNanos);
    return note(machineId, String.valueOf(why), delay, nowNanos);
  }

  /** As {@link #failed}, of what could not be tried: it is due again at once. */
  boolean notTried(String machineId, String why, long nowNanos) {
    return note(machineId, why, 0, nowNanos);
  }

  private boolean note(String machineId, String reason, long delayNanos, long nowNanos) {
    var before = failures.put(machineId, new Failure(reason, delayNanos, nowNanos + delayNanos));
    return before == null || !before.reason.equals(reason);
  }

  /** Forgets all machines but these. */
  void keep(Set<String> machineIds) {
    failures.keySet().retainAll(machineIds);
  }
}
