package io.platen.collectionmodel;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs some actors to their end, with nothing else going on. */
final class Schedule {
  /** More steps than any of them take together. */
  private static final int MANY = 300;

  private Schedule() {}

  /**
   * Takes steps until none is left, each by the first actor that can take one, and of those the
   * first.
   */
  static State run(State from, List<? extends Actor> actors) {
    State at = from;
    for (int steps = 0; steps < MANY; steps++) {
      State next = first(at, actors);
      if (next == null) {
        return at;
      }
      at = next;
    }
    throw new IllegalStateException("no end after " + MANY + " steps");
  }

  private static @Nullable State first(State at, List<? extends Actor> actors) {
    var possible = new ArrayList<State>();
    for (var actor : actors) {
      actor.steps(at, (next, what) -> possible.add(next));
      if (!possible.isEmpty()) {
        return possible.getFirst();
      }
    }
    return null;
  }
}
