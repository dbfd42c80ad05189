package io.platen.chunkstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A set of chunk ids that may hold some that were never added, and never lacks one that was: a
 * Bloom filter of fixed size, because an image of 16 TB has 16 million ids. Safe for use by several
 * threads at once.
 *
 * <p>With 8 MiB and four bits an id, it wrongly holds 1 in 89,000 others after a million ids (1 TB
 * of data none of which repeats), and 1 in 7 after 16 million. That much garbage stays for the next
 * collection.
 */
public final class PinFilter {
  private static final int BITS = 1 << 26;
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] words = new long[BITS / Long.SIZE];

  /**
   * Adds an id. A thread that takes a lock after this is seen by every thread that takes it later.
   */
  public void add(ChunkId id) {
    // The words of a SHA-256 are independent hashes already.
    set(id.word0());
    set(id.word1());
    set(id.word2());
    set(id.word3());
  }

  private void set(long hash) {
    int bit = (int) hash & (BITS - 1);
    long mask = 1L << bit;
    if (((long) WORD.getVolatile(words, bit >>> 6) & mask) == 0) {
      WORD.getAndBitwiseOr(words, bit >>> 6, mask);
    }
  }

  /** Adds all that another one holds. */
  void addAll(PinFilter other) {
    for (int i = 0; i < words.length; i++) {
      long more = (long) WORD.getVolatile(other.words, i);
      if (more != 0) {
        WORD.getAndBitwiseOr(words, i, more);
      }
    }
  }

  /** False only when the id was not added. */
  public boolean mayHold(ChunkId id) {
    return isSet(id.word0()) && isSet(id.word1()) && isSet(id.word2()) && isSet(id.word3());
  }

  private boolean isSet(long hash) {
    int bit = (int) hash & (BITS - 1);
    return ((long) WORD.getVolatile(words, bit >>> 6) & (1L << bit)) != 0;
  }
}
