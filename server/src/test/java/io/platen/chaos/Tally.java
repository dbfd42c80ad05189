package io.platen.chaos;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** How often each act was begun, and how often it came to a good end. */
final class Tally {
  private final Map<Act, Integer> begun = new EnumMap<>(Act.class);
  private final Map<Act, Integer> done = new EnumMap<>(Act.class);

  void begin(Act act) {
    begun.merge(act, 1, Integer::sum);
  }

  void end(Act act) {
    done.merge(act, 1, Integer::sum);
  }

  /** Notes what is begun and done in one. */
  void count(Act act) {
    begin(act);
    end(act);
  }

  /** What was done less often than chaos of this length has to; empty where nothing was. */
  Map<Act, String> missing(long minutes) {
    var missing = new TreeMap<Act, String>();
    for (var act : Act.values()) {
      long wanted = act.minimum() * minutes / 10;
      if (done(act) < wanted) {
        missing.put(act, "%d of %d".formatted(done(act), wanted));
      }
    }
    return missing;
  }

  private int done(Act act) {
    return done.getOrDefault(act, 0);
  }

  @Override
  public String toString() {
    var words = new StringBuilder();
    begun.forEach(
        (act, count) -> {
          words.append(words.isEmpty() ? "" : ", ").append(act).append(' ').append(done(act));
          if (done(act) < count) {
            words.append(" of ").append(count);
          }
        });
    return words.toString();
  }
}
