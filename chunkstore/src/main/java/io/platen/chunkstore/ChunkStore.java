package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;

/**
 * A store that this process adds to and maintains. What else may have it open at the same time is
 * the store's affair: a directory is one process's, a bucket is many nodes'. Safe for use by
 * several threads.
 */
public interface ChunkStore extends StoredChunks, Closeable {
  /** Begins to add chunks for one image. */
  StoreSession openSession() throws IOException;

  /**
   * As {@link #openSession()}. A store that would have to be asked about each chunk may take for
   * granted that it has what the indexes of related images name.
   *
   * @param index the name that the image's index is going to have
   */
  default StoreSession openSession(String index) throws IOException {
    return openSession();
  }

  /** What the upkeep does to this store. */
  StoreMaintenance maintenance();

  /**
   * Whether what makes chunks durable is still at work. Once it is not, captures wait for ever, and
   * the store must be opened anew.
   */
  boolean isWriting();

  /** Makes durable what is still on its way and gives up the store. */
  @Override
  void close() throws IOException;
}
