package io.platen.collectionmodel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * States, each once, numbered in the order they came. A hash table of numbers with open addressing
 * over an array of packed words: 8 bytes a word and about 8 more for each state.
 */
final class StateSet {
  private static final int BLOCK_BITS = 14;
  private static final int BLOCK = 1 << BLOCK_BITS;
  private static final int EMPTY = -1;

  private final int words;
  private final List<long[]> blocks = new ArrayList<>();
  private int[] table = newTable(1 << 10);
  private int size;

  StateSet(int words) {
    this.words = words;
  }

  private static int[] newTable(int length) {
    int[] made = new int[length];
    Arrays.fill(made, EMPTY);
    return made;
  }

  int size() {
    return size;
  }

  /** Adds a state. Returns whether it is new: then its number is the size before. */
  boolean add(State state) {
    int slot = slot(state.words);
    if (table[slot] != EMPTY) {
      return false;
    }
    table[slot] = size;
    append(state.words);
    if (size > table.length / 4 * 3) {
      grow();
    }
    return true;
  }

  /** The state with this number, copied. */
  State get(int number) {
    int from = (number & (BLOCK - 1)) * words;
    return new State(Arrays.copyOfRange(blocks.get(number >> BLOCK_BITS), from, from + words));
  }

  private void append(long[] state) {
    if ((size & (BLOCK - 1)) == 0) {
      blocks.add(new long[BLOCK * words]);
    }
    System.arraycopy(state, 0, blocks.getLast(), (size & (BLOCK - 1)) * words, words);
    size++;
  }

  /** Where the state is, or would be. */
  private int slot(long[] state) {
    int slot = hash(state, 0) & (table.length - 1);
    while (table[slot] != EMPTY && !isAt(table[slot], state)) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }

  private boolean isAt(int number, long[] state) {
    long[] block = blocks.get(number >> BLOCK_BITS);
    int from = (number & (BLOCK - 1)) * words;
    for (int i = 0; i < words; i++) {
      if (block[from + i] != state[i]) {
        return false;
      }
    }
    return true;
  }

  private int hash(long[] from, int at) {
    long hash = 0;
    for (int i = 0; i < words; i++) {
      hash = (hash ^ from[at + i]) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    return (int) (hash ^ (hash >>> 15));
  }

  private void grow() {
    table = newTable(table.length * 2);
    for (int number = 0; number < size; number++) {
      int slot =
          hash(blocks.get(number >> BLOCK_BITS), (number & (BLOCK - 1)) * words)
              & (table.length - 1);
      while (table[slot] != EMPTY) {
        slot = (slot + 1) & (table.length - 1);
      }
      table[slot] = number;
    }
  }
}
