package io.platen.chunkstore;

import java.io.IOException;

/**
 * How many chunks of an index, taken from all over it, are in a store. It finds a store that is not
 * the index's at the cost of a few looks. Chunks of zeros are left out: every store has them.
 *
 * @param looked how many chunks were looked for
 * @param missing how many of them are not there
 */
public record ChunkSample(int looked, int missing) {
  public static final ChunkSample NONE = new ChunkSample(0, 0);

  /**
   * Looks for some of an index's chunks.
   *
   * @param most how many at most
   */
  public static ChunkSample of(Index index, StoredChunks store, int most) throws IOException {
    int looked = 0;
    int missing = 0;
    long count = index.chunkCount();
    long taken = Math.min(most, count);
    for (long i = 0; i < taken; i++) {
      long place = count * i / taken;
      ChunkId id = index.id(place);
      if (!id.equals(ZeroChunk.id(index.chunkLength(place)))) {
        looked++;
        missing += store.has(id) ? 0 : 1;
      }
    }
    return new ChunkSample(looked, missing);
  }

  /** Both together. */
  public ChunkSample plus(ChunkSample other) {
    return new ChunkSample(looked + other.looked, missing + other.missing);
  }
}
