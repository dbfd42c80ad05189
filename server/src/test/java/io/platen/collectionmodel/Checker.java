package io.platen.collectionmodel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every state that a model can reach, nearest first, so that the first broken promise it
 * meets has a shortest trace.
 */
final class Checker {
  private final Model model;
  private final List<Promise> promises;
  private final StateSet seen;
  private int[] parents = new int[1 << 10];
  private long transitions;
  private @Nullable Violation violation;

  private Checker(Model model, List<Promise> promises, int words) {
    this.model = model;
    this.promises = promises;
    this.seen = new StateSet(words);
  }

  /** What was found, and how much was looked at. */
  record Result(int states, long transitions, @Nullable Violation violation) {}

  /** A broken promise, and the steps that lead there. */
  record Violation(String broken, List<String> trace) {
    @Override
    public String toString() {
      return broken + " after " + trace.size() + " steps\n  " + String.join("\n  ", trace);
    }
  }

  /**
   * Explores until a promise is broken or nothing is left.
   *
   * @throws IllegalStateException where more states can be reached than {@code limit}
   */
  static Result check(Model model, List<Promise> promises, int limit) {
    var initial = model.initial();
    return new Checker(model, promises, initial.words.length).run(initial, limit);
  }

  private Result run(State initial, int limit) {
    meet(initial, -1);
    for (int at = 0; at < seen.size() && violation == null; at++) {
      int parent = at;
      model.steps(seen.get(at), (next, what) -> taken(next, parent));
      if (seen.size() > limit) {
        throw new IllegalStateException("more than " + limit + " states can be reached");
      }
    }
    return new Result(seen.size(), transitions, violation);
  }

  private void taken(State next, int parent) {
    transitions++;
    if (violation == null) {
      meet(next, parent);
    }
  }

  private void meet(State state, int parent) {
    if (!seen.add(state)) {
      return;
    }
    int number = seen.size() - 1;
    if (number == parents.length) {
      parents = Arrays.copyOf(parents, number + number / 2);
    }
    parents[number] = parent;
    for (var promise : promises) {
      var broken = promise.broken(state);
      if (broken != null) {
        violation = new Violation(broken, trace(number));
        return;
      }
    }
  }

  private List<String> trace(int number) {
    var steps = new ArrayList<String>();
    for (int at = number; parents[at] >= 0; at = parents[at]) {
      steps.add(step(seen.get(parents[at]), seen.get(at)));
    }
    return steps.reversed();
  }

  private String step(State from, State to) {
    var found = new ArrayList<Supplier<String>>();
    model.steps(
        from,
        (next, what) -> {
          if (Arrays.equals(next.words, to.words)) {
            found.add(what);
          }
        });
    return found.getFirst().get();
  }
}
