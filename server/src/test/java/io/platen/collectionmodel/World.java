package io.platen.collectionmodel;

/** What all actors share: the database and the bucket of one store, and the rules. */
record World(Setup setup, Rules rules, Database database, Bucket bucket, Templates templates) {

  static World of(Layout layout, Setup setup, Rules rules) {
    var bucket = new Bucket(layout, setup);
    return new World(
        setup,
        rules,
        new Database(layout, setup),
        bucket,
        new Templates(layout, setup, rules, bucket));
  }

  /**
   * Ends a row whose DELETE is not resolved: the key of the old epoch is never used again. From
   * here on its object may be gone or come back at any moment, so requests that are on their way
   * need not be remembered.
   */
  void moveToNextEpoch(State next, int chunk) {
    int key = bucket.key(chunk, database.epoch(next, chunk));
    if (!setup.has(Part.OLD_OBJECTS)) {
      bucket.delete(next, key);
      bucket.latePuts.remove(next, key);
    }
    bucket.lateDeletes.remove(next, key);
    database.moveToNextEpoch(next, chunk);
  }

  /** Whether the key is below its chunk's epoch. */
  boolean isOld(State state, int key) {
    return bucket.epochOf(key) < database.epoch(state, bucket.chunkOf(key));
  }

  /** Whether an object is there. */
  boolean mayBeThere(State state, int key) {
    return bucket.has(state, key) || isUnknown(state, key);
  }

  /** Whether an object is not there. */
  boolean mayBeMissing(State state, int key) {
    return !bucket.has(state, key) || isUnknown(state, key);
  }

  private boolean isUnknown(State state, int key) {
    return !setup.has(Part.OLD_OBJECTS) && isOld(state, key);
  }

  /** Whether a PUT may be on its way that is not yet. */
  boolean mayBeLate(State state, int key) {
    return !bucket.latePuts.has(state, key) && !isUnknown(state, key);
  }

  /** A PUT is carried out. */
  void put(State next, int key) {
    if (!isUnknown(next, key)) {
      bucket.put(next, key);
    }
  }

  /** The world at the start: T0 is there, and what the setup says is stored. */
  State initial(Layout layout) {
    State state = new State(layout.words());
    for (int chunk = 0; chunk < setup.chunks(); chunk++) {
      if (Bits.has(setup.stored(), chunk)) {
        bucket.put(state, bucket.key(chunk, 0));
      }
    }
    templates.setLife(state, 0, Templates.AVAILABLE);
    if (!setup.has(Part.DISTRIBUTION)) {
      templates.publish(state, setup.firstAttempt());
      if (setup.has(Part.INDEXES)) {
        bucket.indexes.add(state, setup.firstAttempt() - 1);
      }
    }
    return state;
  }
}
