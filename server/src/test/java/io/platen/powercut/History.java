package io.platen.powercut;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was asked of a server, and when: which objects have to be there after a power cut, which
 * must not, and of which either is right, because the answer was under way.
 */
final class History {
  /** Whether an object is in its list. */
  enum State {
    ABSENT,
    LISTED
  }

  /**
   * A request.
   *
   * @param begun the position of the log before it was sent
   * @param answered the position when its answer was there
   * @param then what it leads to
   */
  private record Step(long begun, long answered, State then) {}

  private final Map<String, List<Step>> steps = new LinkedHashMap<>();

  synchronized void add(String id, long begun, long answered, State then) {
    steps.computeIfAbsent(id, _ -> new ArrayList<>()).add(new Step(begun, answered, then));
  }

  synchronized Set<String> objects() {
    return Set.copyOf(steps.keySet());
  }

  /** What an object may be after a cut at this position. */
  synchronized Set<State> possible(String id, long position) {
    var possible = EnumSet.of(State.ABSENT);
    for (var step : steps.getOrDefault(id, List.of())) {
      if (step.answered() <= position) {
        possible.clear();
        possible.add(step.then());
      } else if (step.begun() <= position) {
        possible.add(step.then());
      }
    }
    return possible;
  }
}
