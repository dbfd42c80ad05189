package io.platen.collectionmodel;

/** Something that takes steps, each one database transaction or one S3 operation. */
interface Actor {
  /** The steps that it can take in this state. */
  void steps(State state, Steps out);

  /** It dies: what it kept in memory is gone. What it wrote or sent stays. */
  void die(State state);
}
