package io.platen.collectionmodel;

/** One moment of everything that is modelled, packed into words that {@link Field}s read. */
final class State {
  final long[] words;

  State(int words) {
    this(new long[words]);
  }

  State(long[] words) {
    this.words = words;
  }

  State copy() {
    return new State(words.clone());
  }
}
