package io.platen.collectionmodel;

/** What can happen: a first state, and the steps out of each. */
interface Model {
  State initial();

  /** All steps that are possible in this state, which stays as it is. */
  void steps(State state, Steps out);
}
