package io.platen.chunkstore;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * What a store holds, for reading alone: any process may look, also beside the one that has the
 * {@link ChunkStore}. Chunks come and go meanwhile, so an answer holds for its moment only. Safe
 * for use by several threads at once.
 *
 * <p>Every method throws a {@link StoreUnavailable} where the store can't be asked; that is never
 * taken for "no".
 */
public interface StoredChunks extends ChunkSource {
  /** Whether a chunk is there, good or bad. */
  boolean has(ChunkId id) throws IOException;

  /** Whether there is no chunk at all; also where no store was made yet. */
  boolean isEmpty() throws IOException;

  /** Hears of a stored chunk and of its bytes as they are stored, compressed. */
  @FunctionalInterface
  interface SizeVisitor {
    void visit(ChunkId id, long bytes) throws IOException;
  }

  /**
   * Tells the sizes of those of these chunks that are there; the others are passed over. In no
   * order. Whether the chunks are asked for one by one or a range of the store is listed is the
   * store's choice.
   */
  void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException;

  /**
   * Everything in a store.
   *
   * @param bytes what it takes, with what was set aside or is on its way in
   */
  record Total(long bytes, long chunks) {}

  /** Counts everything, which takes a moment for each chunk or for each thousand of them. */
  Total count() throws IOException;

  /** How many bytes more there is room for; empty where the store has no limit that it knows. */
  OptionalLong freeBytes() throws IOException;

  /**
   * Whether the store can be used now, as far as that is known at once. It is asked every few
   * seconds, and makes no request over a network.
   */
  boolean isUsable();

  /** Where the store is, for messages: a path or a URL, without anything secret. */
  String place();
}
