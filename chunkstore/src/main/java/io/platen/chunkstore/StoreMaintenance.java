package io.platen.chunkstore;

import java.io.IOException;

/**
 * What the upkeep does to a store, beside captures and restores. Each store brings its own way to
 * collect, since that is where one process's directory and a bucket of many nodes differ: the one
 * knows from its memory what captures need, the others have to agree on it.
 */
public interface StoreMaintenance {
  /**
   * Removes the chunks that nothing needs: no index of the roots names them, and no session has
   * claimed them. The package comment says what that promises. A collection may end at any point,
   * by a crash too, and be begun again; it is not atomic, and only garbage goes. It may wait for
   * sessions that began before it.
   *
   * @param dryRun whether only to count
   * @param pace how many chunks to remove in a second
   * @throws IndexCorrupt when an index that is needed is missing, or can't be read: nothing is
   *     removed then
   * @throws IllegalStateException when this process is collecting already
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   */
  Collected collect(
      IndexRoots roots,
      boolean dryRun,
      Pace pace,
      CollectionListener listener,
      Cancellation cancellation)
      throws IOException;

  /**
   * Takes a bad chunk out of the way: from then on it is missing, and the next capture that holds
   * the same data stores it again. Its bytes are kept, beside the chunks.
   *
   * @return false when a session under way may need it, and it stays: try again after its end. True
   *     otherwise, also when there was no such chunk
   */
  boolean setAside(ChunkId id) throws IOException;
}
