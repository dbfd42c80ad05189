package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The chunks that one image's index is going to name. Every chunk it names has gone through {@link
 * #claim} or {@link #put} of its session, and {@link #sync} has returned, before the index is
 * published. Closing ends the session, after the index is published or given up: until then nothing
 * claimed is removed from the store, nor after it by a collection that began before. Safe for use
 * by several threads at once.
 */
public interface StoreSession extends Closeable {
  /**
   * Says that the image needs a chunk.
   *
   * @return true when the store has it: it may be named once {@link #sync} has returned. False when
   *     it must be {@link #put}
   * @throws StoreUnavailable when the store can't be asked
   */
  boolean claim(ChunkId id) throws IOException;

  /**
   * Stores a chunk and claims it. It may become visible and durable only with {@link #sync}.
   *
   * @param frame the chunk as one zstd frame, in a direct buffer: position to limit is read. It
   *     belongs to the caller, who may reuse it after the return
   * @return false when the store had it already, or another thread is storing it now: nothing is
   *     written then
   * @throws StoreFull when there is no room
   * @throws StoreUnavailable when the store can't be written
   */
  boolean put(ChunkId id, ByteBuffer frame) throws IOException;

  /**
   * Returns when everything claimed and put in this session is durable under its final name.
   *
   * @throws IOException when any of it is not, whichever session wrote it: the index may not be
   *     published
   */
  void sync() throws IOException;

  /**
   * The number of this session, which no other one of its store ever had or will have; 0 where the
   * store is one process's, which needs none.
   */
  default long number() {
    return 0;
  }

  /** Ends the session. Chunks put without {@link #sync} may stay stored. */
  @Override
  void close() throws IOException;
}
