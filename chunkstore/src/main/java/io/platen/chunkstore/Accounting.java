package io.platen.chunkstore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Counts what images take in a store: each chunk that they name once, by the bytes that it takes
 * there. Indexes belong to owners, an image or a group of images each. Memory is bounded by {@link
 * ChunkIdSet} and the number of owners, whatever the number of indexes.
 */
public final class Accounting {
  /** The owner of an index that is not counted: it only shares chunks with those that are. */
  public static final int OTHERS = -1;

  /** A value of the table: owner plus 1, state, bytes of the chunk in the store. */
  private static final int OWNER_SHIFT = 26;

  private static final int STATE_SHIFT = 24;
  private static final long LENGTH_MASK = (1L << STATE_SHIFT) - 1;

  /** The sums of the owner in the value have the chunk already. */
  private static final long COUNTED = 0;

  /** The owner in the value is the only one that names the chunk. */
  private static final long SOLE = 1;

  private static final long SHARED = 2;

  private final StoredChunks chunks;
  private final int maxSlots;

  /** Counts in this store. */
  public Accounting(StoredChunks chunks) {
    this(chunks, ChunkIdSet.MAX_SLOTS);
  }

  /** With tables of at most so many slots, for tests. */
  Accounting(StoredChunks chunks, int maxSlots) {
    this.chunks = chunks;
    this.maxSlots = maxSlots;
  }

  /** All indexes whose chunks are needed, with their owners. */
  @FunctionalInterface
  public interface OwnedRoots {
    /** Hears of an index and of the number of its owner, from 0, or {@link #OTHERS}. */
    @FunctionalInterface
    interface Visitor {
      void visit(IndexRoot index, int owner) throws IOException;
    }

    /** Lists them, those of an owner one after the other. Called several times. */
    void list(Visitor visitor) throws IOException;
  }

  /**
   * What the images of one owner take together.
   *
   * @param virtualBytes their size
   * @param dataBytes bytes of their chunks that are not all zero, each as often as it occurs
   * @param storedBytes bytes in the store of all chunks that they name, the zero chunk's included
   * @param exclusiveBytes of those, the bytes of chunks that no index of another owner names
   * @param chunks how many different chunks they name
   * @param sharedChunks how many of those an index of another owner names too
   */
  public record Usage(
      long virtualBytes,
      long dataBytes,
      long storedBytes,
      long exclusiveBytes,
      long chunks,
      long sharedChunks) {}

  /**
   * What all owners take.
   *
   * @param owners by their number; empty where all indexes of one were deleted while counting
   * @param storedBytes bytes in the store of all chunks that any of them names, each counted once
   * @param storedChunks how many different chunks these are
   */
  public record Total(List<Optional<Usage>> owners, long storedBytes, long storedChunks) {}

  /**
   * Counts. What is published or deleted meanwhile may be counted or not.
   *
   * @param roots the same indexes; it is asked which of them are needed still
   * @param owners how many owners there are
   * @throws IndexCorrupt when an index can't be read
   * @throws Cancelled after a cancellation
   */
  public Total count(IndexRoots roots, OwnedRoots owned, int owners, Cancellation cancellation)
      throws IOException {
    var run = new Run(owned, new RootWalk(roots, cancellation), owners);
    int from = 0;
    while (from < ChunkIdSet.PREFIXES) {
      from = run.pass(from);
    }
    return run.total();
  }

  private static final class Sums {
    boolean found;
    long virtualBytes;
    long dataBytes;
    long storedBytes;
    long exclusiveBytes;
    long chunks;
    long exclusiveChunks;

    Optional<Usage> usage() {
      return found
          ? Optional.of(
              new Usage(
                  virtualBytes,
                  dataBytes,
                  storedBytes,
                  exclusiveBytes,
                  chunks,
                  chunks - exclusiveChunks))
          : Optional.empty();
    }
  }

  private final class Run {
    private final OwnedRoots owned;
    private final RootWalk walk;
    private final List<Sums> sums = new ArrayList<>();
    private long storedBytes;
    private long storedChunks;

    Run(OwnedRoots owned, RootWalk walk, int owners) {
      this.owned = owned;
      this.walk = walk;
      for (int i = 0; i < owners; i++) {
        sums.add(new Sums());
      }
    }

    /**
     * Counts the chunks from this prefix on, as many as the table holds. Which those are is known
     * once all were named, so the sums come after that.
     *
     * @return the first prefix of the next pass
     */
    int pass(int from) throws IOException {
      var named = new ChunkIdSet(from, ChunkIdSet.PREFIXES, maxSlots);
      owned.list(
          (index, owner) -> {
            if (owner != OTHERS) {
              name(named, index, owner, from == 0);
            }
          });
      owned.list(
          (index, owner) -> {
            if (owner == OTHERS) {
              walk.walk(index, from == 0, (id, length) -> share(named, id));
            }
          });
      chunks.sizes(
          named, (id, bytes) -> named.put(id, named.get(id) | Math.min(bytes, LENGTH_MASK)));
      addUp(named);
      return named.end();
    }

    private void name(ChunkIdSet named, IndexRoot index, int owner, boolean first)
        throws IOException {
      var sum = sums.get(owner);
      sum.found |=
          walk.walk(
              index,
              first,
              (id, length) -> {
                if (first) {
                  sum.virtualBytes += length;
                  sum.dataBytes += id.equals(ZeroChunk.id(length)) ? 0 : length;
                }
                long value = named.get(id);
                if (value == 0) {
                  if (named.covers(id)) {
                    named.put(id, value(owner, SOLE, 0));
                  }
                } else if (owner(value) != owner) {
                  share(named, id);
                }
              });
    }

    private static void share(ChunkIdSet named, ChunkId id) {
      long value = named.get(id);
      if (value != 0) {
        named.put(id, value(owner(value), SHARED, value & LENGTH_MASK));
      }
    }

    private static long value(int owner, long state, long length) {
      return ((owner + 1L) << OWNER_SHIFT) | (state << STATE_SHIFT) | length;
    }

    private static int owner(long value) {
      return (int) (value >>> OWNER_SHIFT) - 1;
    }

    private static long state(long value) {
      return (value >>> STATE_SHIFT) & 3;
    }

    private void addUp(ChunkIdSet named) throws IOException {
      named.forEach(
          (id, value) -> {
            long length = value & LENGTH_MASK;
            storedBytes += length;
            storedChunks++;
            if (state(value) == SOLE) {
              var sum = sums.get(owner(value));
              sum.exclusiveBytes += length;
              sum.exclusiveChunks++;
            }
          });
      owned.list(
          (index, owner) -> {
            if (owner != OTHERS) {
              walk.walk(index, false, (id, length) -> add(named, id, owner));
            }
          });
    }

    /** Adds a chunk to the sums of its owner, unless an index of it has named the chunk before. */
    private void add(ChunkIdSet named, ChunkId id, int owner) {
      long value = named.get(id);
      if (value == 0 || (state(value) == COUNTED && owner(value) == owner)) {
        return;
      }
      var sum = sums.get(owner);
      sum.chunks++;
      sum.storedBytes += value & LENGTH_MASK;
      named.put(id, value(owner, COUNTED, value & LENGTH_MASK));
    }

    Total total() {
      return new Total(sums.stream().map(Sums::usage).toList(), storedBytes, storedChunks);
    }
  }
}
