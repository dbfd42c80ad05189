package io.platen.collectionmodel;

import java.util.function.Supplier;

/** Takes the steps that are possible in a state. */
interface Steps {
  /**
   * A step.
   *
   * @param next the state after it, which belongs to the taker
   * @param what says who did what; asked for in traces only
   */
  void step(State next, Supplier<String> what);
}
