package io.platen.chunkstore;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Room that a store leaves on its file system. What else is there, a database above all, could not
 * write a word otherwise once the store is full: not even that a capture failed.
 */
final class Reserve {
  /** A database's log between two checkpoints, and what is small, several times over. */
  private static final long MOST_BYTES = 64L << 20;

  /** Of small file systems this part. */
  private static final int SHARE = 16;

  private final File directory;

  /**
   * @param directory one on the file system
   */
  Reserve(Path directory) {
    this.directory = directory.toFile();
  }

  /**
   * Refuses what would take from it. A file system that does not report its size has none.
   *
   * @param path the file that is to be written
   * @throws StoreFull where so many bytes more would
   */
  void spare(Path path, long bytes) throws StoreFull {
    long reserve = Math.min(MOST_BYTES, directory.getTotalSpace() / SHARE);
    if (reserve > 0 && directory.getUsableSpace() - bytes < reserve) {
      throw new StoreFull(
          path, new IOException("less than %d bytes would be left".formatted(reserve)));
    }
  }
}
