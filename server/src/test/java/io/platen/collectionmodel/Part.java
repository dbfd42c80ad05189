package io.platen.collectionmodel;

/** What a {@link Setup} may have beyond sessions and collections. */
enum Part {
  /** A DELETE may stay without an answer, and land at any later time. */
  UNANSWERED_DELETES,
  /** A PUT may stay without an answer, is sent again, and lands at any later time. */
  UNANSWERED_PUTS,
  /** A machine is launched from template T0. */
  LAUNCH,
  /** Index objects are put, needed and collected. */
  INDEXES,
  /** Chunk a goes bad; a repair finds it. */
  REPAIR,
  /**
   * Objects below their chunk's epoch are followed one by one. Otherwise each is there or not at
   * any moment, which is all that can happen to them, and more.
   */
  OLD_OBJECTS,
  /** A session works on its chunks in any order and at the same time. */
  PARALLEL_CHUNKS,
  /** Template T0 is in another store only, until the first session has distributed it here. */
  DISTRIBUTION
}
