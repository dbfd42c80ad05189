package io.platen.disk;

import java.util.BitSet;

/**
 * Which parts of a disk were written to since some moment, in pieces of 1 MiB: a piece of which a
 * byte may have been written to counts as a whole. Takes 128 KiB of memory for each TiB of disk.
 */
public final class DirtyRanges {
  /** The size of a piece in bytes, a power of two: that of the chunks that captures read. */
  static final long PIECE = 1 << 20;

  private final BitSet pieces;

  private DirtyRanges(BitSet pieces) {
    this.pieces = pieces;
  }

  /** Nothing was written to. */
  public static DirtyRanges none() {
    return new DirtyRanges(new BitSet());
  }

  /** Adds a range of bytes, from the first to before the end. */
  public void add(long start, long end) {
    if (start < end) {
      pieces.set(Math.toIntExact(start / PIECE), Math.toIntExact((end - 1) / PIECE + 1));
    }
  }

  /** Whether the piece that holds this byte was written to. */
  public boolean isDirty(long offset) {
    return pieces.get(Math.toIntExact(offset / PIECE));
  }

  /**
   * Where the run of pieces ends that are like the one that holds this byte; a large number for
   * never.
   */
  public long endOfRun(long offset) {
    int piece = Math.toIntExact(offset / PIECE);
    int end = pieces.get(piece) ? pieces.nextClearBit(piece) : pieces.nextSetBit(piece);
    return end < 0 ? Long.MAX_VALUE : end * PIECE;
  }

  /** How many pieces were written to. */
  public int count() {
    return pieces.cardinality();
  }
}
