package io.platen.collectionmodel;

import org.jspecify.annotations.Nullable;

/** What must hold in every state that can be reached. */
interface Promise {
  /** What is wrong in this state; null where the promise holds. */
  @Nullable String broken(State state);
}
