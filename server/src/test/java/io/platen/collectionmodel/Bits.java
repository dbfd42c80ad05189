package io.platen.collectionmodel;

/** Sets of the numbers 0 to 30, a bit for each. */
final class Bits {
  private Bits() {}

  static boolean has(int set, int number) {
    return ((set >> number) & 1) != 0;
  }

  /** The set of this number alone. */
  static int of(int number) {
    return 1 << number;
  }

  /** The set of the numbers 0 to {@code size - 1}. */
  static int all(int size) {
    return (1 << size) - 1;
  }
}
