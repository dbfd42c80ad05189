package io.platen.collectionmodel;

/**
 * A small number within a {@link State}. One without bits is always 0: what a {@link Setup} leaves
 * out takes no room.
 */
record Field(int word, int shift, int mask) {
  int get(State state) {
    return (int) (state.words[word] >>> shift) & mask;
  }

  void set(State state, int value) {
    if ((value & ~mask) != 0) {
      throw new IllegalArgumentException("%d does not fit into %s".formatted(value, this));
    }
    long others = state.words[word] & ~((long) mask << shift);
    state.words[word] = others | ((long) value << shift);
  }

  boolean has(State state, int bit) {
    return Bits.has(get(state), bit);
  }

  void add(State state, int bit) {
    set(state, get(state) | Bits.of(bit));
  }

  void remove(State state, int bit) {
    set(state, get(state) & ~Bits.of(bit));
  }
}
