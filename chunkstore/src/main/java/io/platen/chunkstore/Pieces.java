package io.platen.chunkstore;

import java.util.Arrays;

/**
 * The parts of a chunk that must be read, in ascending order, as {start, end} in bytes from the
 * chunk's start. At most {@value #MAX} of them: from then on the last one grows over what lies
 * between, which is no error, as what is known to be zero can be read too.
 */
final class Pieces {
  private static final int MAX = 64;

  private int[] bounds = new int[2];
  private int count;

  /** One piece. */
  static Pieces all(int length) {
    Pieces pieces = new Pieces();
    pieces.add(0, length);
    return pieces;
  }

  /** Adds a piece that starts at or after the end of the last. */
  void add(int start, int end) {
    if (count > 0 && (bounds[2 * count - 1] == start || count == MAX)) {
      bounds[2 * count - 1] = end;
      return;
    }
    if (2 * count == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[2 * count] = start;
    bounds[2 * count + 1] = end;
    count++;
  }

  int count() {
    return count;
  }

  int start(int piece) {
    return bounds[2 * piece];
  }

  int end(int piece) {
    return bounds[2 * piece + 1];
  }
}
