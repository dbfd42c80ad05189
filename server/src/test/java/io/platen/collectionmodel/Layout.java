package io.platen.collectionmodel;

import java.util.ArrayList;
import java.util.List;

/** Gives fields their place, each in the first word that has room for it. */
final class Layout {
  private final List<Integer> used = new ArrayList<>();

  /** A field for the numbers 0 to {@code values - 1}. */
  Field numbers(int values) {
    return bits(values < 2 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(values - 1));
  }

  /** A field for a set of the numbers 0 to {@code size - 1}. */
  Field set(int size) {
    return bits(size);
  }

  /** A field that a setup may leave out. */
  Field numbersIf(boolean wanted, int values) {
    return numbers(wanted ? values : 0);
  }

  /** A set that a setup may leave out. */
  Field setIf(boolean wanted, int size) {
    return set(wanted ? size : 0);
  }

  private Field bits(int bits) {
    int word = 0;
    while (word < used.size() && used.get(word) + bits > Long.SIZE) {
      word++;
    }
    if (word == used.size()) {
      used.add(0);
    }
    int shift = used.get(word);
    used.set(word, shift + bits);
    return new Field(word, bits == 0 ? 0 : shift, Bits.all(bits));
  }

  /** How many words a state has. */
  int words() {
    return used.size();
  }
}
