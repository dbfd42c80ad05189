package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where stored chunks are read from. Safe for use by several threads at once. */
public interface ChunkSource {
  /** The longest frame that a chunk may have, in bytes. */
  int MAX_FRAME_BYTES = Format.MAX_FRAME_BYTES;

  /**
   * Reads a chunk's frame: its zstd-compressed bytes, not verified. Who reads chunks goes through
   * {@link ImageReader}, which decodes with a bound and checks the hash of every one.
   *
   * @param target a direct buffer that holds any valid frame; filled from its position on and then
   *     flipped. It belongs to the caller
   * @throws ChunkMissing when there is no such chunk
   * @throws ChunkCorrupt when the frame is longer than any frame of a chunk
   * @throws ChunkUnreadable when its medium does not give it back
   * @throws StoreUnavailable when the store can't be asked, which says nothing about the chunk
   */
  void read(ChunkId id, ByteBuffer target) throws IOException;
}
