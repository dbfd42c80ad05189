package io.platen.chunkstore;

import java.io.IOException;

/**
 * Chunk ids with a value each, in bounded memory: a table of 40 bytes a slot, at most 40 MiB, which
 * is enough for 786,432 ids. Where there are more, it gives up the upper half of the ids it covers
 * as often as needed; the caller makes another pass for those. So 10 million chunks (10 TB that no
 * two images share) take 16 passes over the indexes.
 *
 * <p>Ranges of ids are given by their first 16 bits, as the directories of a store are named.
 */
public final class ChunkIdSet {
  /** One more than the last prefix. */
  public static final int PREFIXES = 1 << 16;

  private static final int FIRST_SLOTS = 1 << 10;

  /** The most slots a table has, as long as it covers more than one prefix. */
  static final int MAX_SLOTS = 1 << 20;

  private final int from;
  private final int maxSlots;
  private int end;
  private int count;

  /** Four words for each slot. */
  private long[] words;

  /** 0 marks a free slot. */
  private long[] values;

  /** Covers prefixes from {@code from} to before {@code end}, until there are too many ids. */
  public ChunkIdSet(int from, int end) {
    this(from, end, MAX_SLOTS);
  }

  /** With another limit, a power of two, for tests. */
  ChunkIdSet(int from, int end, int maxSlots) {
    this.from = from;
    this.end = end;
    this.maxSlots = maxSlots;
    int slots = Math.min(FIRST_SLOTS, maxSlots);
    this.words = new long[4 * slots];
    this.values = new long[slots];
  }

  /** The prefix of an id. */
  public static int prefix(ChunkId id) {
    return (int) (id.word0() >>> 48);
  }

  /** The first prefix that is covered. */
  public int from() {
    return from;
  }

  /** Ids from this prefix on are not covered. It falls while ids are added. */
  public int end() {
    return end;
  }

  /** How many ids there are. */
  public int count() {
    return count;
  }

  /** Whether an id is in the range that is covered. */
  public boolean covers(ChunkId id) {
    int prefix = prefix(id);
    return prefix >= from && prefix < end;
  }

  /** Whether an id is here. */
  public boolean contains(ChunkId id) {
    return get(id) != 0;
  }

  /** The value of an id; 0 when it is not here. */
  public long get(ChunkId id) {
    return values[slot(id)];
  }

  /**
   * Sets the value of an id, if it is covered.
   *
   * @param value not 0
   */
  public void put(ChunkId id, long value) {
    if (!covers(id)) {
      return;
    }
    int slot = slot(id);
    boolean fresh = values[slot] == 0;
    set(slot, id, value);
    if (fresh) {
      count++;
      makeRoom();
    }
  }

  private void set(int slot, ChunkId id, long value) {
    words[4 * slot] = id.word0();
    words[4 * slot + 1] = id.word1();
    words[4 * slot + 2] = id.word2();
    words[4 * slot + 3] = id.word3();
    values[slot] = value;
  }

  /** Where an id is, or where it belongs. */
  private int slot(ChunkId id) {
    int mask = values.length - 1;
    int slot = (int) id.word1() & mask;
    while (values[slot] != 0 && !isAt(slot, id)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int slot, ChunkId id) {
    return words[4 * slot] == id.word0()
        && words[4 * slot + 1] == id.word1()
        && words[4 * slot + 2] == id.word2()
        && words[4 * slot + 3] == id.word3();
  }

  private void makeRoom() {
    while (count > values.length / 4 * 3) {
      // A range of one prefix can't be halved; it grows, whatever the limit.
      if (values.length < maxSlots || end - from == 1) {
        rebuild(2 * values.length);
      } else {
        end = from + (end - from) / 2;
        rebuild(values.length);
      }
    }
  }

  private void rebuild(int slots) {
    long[] oldWords = words;
    long[] oldValues = values;
    words = new long[4 * slots];
    values = new long[slots];
    count = 0;
    for (int i = 0; i < oldValues.length; i++) {
      if (oldValues[i] != 0) {
        ChunkId id = id(oldWords, i);
        if (covers(id)) {
          set(slot(id), id, oldValues[i]);
          count++;
        }
      }
    }
  }

  private static ChunkId id(long[] words, int slot) {
    return new ChunkId(
        words[4 * slot], words[4 * slot + 1], words[4 * slot + 2], words[4 * slot + 3]);
  }

  /** What {@link #forEach} calls. */
  @FunctionalInterface
  public interface Visitor {
    void visit(ChunkId id, long value) throws IOException;
  }

  /** Visits all, in no order. Values may be changed meanwhile. */
  public void forEach(Visitor visitor) throws IOException {
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0) {
        visitor.visit(id(words, i), values[i]);
      }
    }
  }

  /** Slots there are, to walk them by {@link #at}. */
  int slots() {
    return values.length;
  }

  /** The id in a slot; null where it is free. */
  @org.jspecify.annotations.Nullable
  ChunkId at(int slot) {
    return values[slot] == 0 ? null : id(words, slot);
  }
}
