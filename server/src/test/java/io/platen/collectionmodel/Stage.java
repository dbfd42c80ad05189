package io.platen.collectionmodel;

import java.util.Locale;

/** What a {@link Collection} does next, in the order of a collection. */
enum Stage {
  BEGIN,

  /** Others' rows are cleared up, and the lease is not taken (without rule 8). */
  TAKE_LEASE,

  /** The lease is taken, and others' rows are not cleared up (where those are two). */
  CLEAR_UP,

  MARK,
  LIST,
  LIST_INDEXES,
  CONDEMN,
  AWAIT_SESSIONS,
  READ_ROOTS_AGAIN,
  PARDON,
  TAKE,
  DELETE,
  CLEAR,
  RELEASE,
  ENDED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
