package io.platen.chunkstore;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

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

  /** Bytes that are being written. */
  private final AtomicLong taken = new AtomicLong();

  /**
   * @param directory one on the file system
   */
  Reserve(Path directory) {
    this.directory = directory.toFile();
  }

  /** Room for a file; given back once it has its bytes, which the file system counts by then. */
  interface Room extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes room for a file, unless that would be of the reserve. Others that are writing are counted
   * in: of two that look at once, both would find room for one. A file system that does not report
   * its size has no reserve.
   *
   * @param path the file that is to be written
   * @throws StoreFull where there is no room for so many bytes more
   */
  Room take(Path path, long bytes) throws StoreFull {
    long reserve = Math.min(MOST_BYTES, directory.getTotalSpace() / SHARE);
    long all = taken.addAndGet(bytes);
    if (reserve > 0 && directory.getUsableSpace() - all < reserve) {
      taken.addAndGet(-bytes);
      throw new StoreFull(
          path, new IOException("less than %d bytes would be left".formatted(reserve)));
    }
    return () -> taken.addAndGet(-bytes);
  }
}
