package io.platen.app;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * How large the store is: counted now and then, which takes a moment for each chunk, and carried on
 * by what captures stored since.
 */
final class StoreSize {
  private static final Logger LOG = Logger.getLogger(StoreSize.class);

  /**
   * One count.
   *
   * @param bytes of all files
   * @param storedBefore what captures had stored when the count began
   */
  private record Count(long bytes, long chunks, long storedBefore) {}

  private final Path store;
  private final LongSupplier storedBytes;
  private volatile Count last = new Count(0, 0, 0);

  /**
   * @param storedBytes what captures have stored since this process began
   */
  StoreSize(Path store, LongSupplier storedBytes) {
    this.store = store;
    this.storedBytes = storedBytes;
  }

  /** Counts anew. */
  void count() {
    long before = storedBytes.getAsLong();
    var counter = new Counter();
    try {
      Files.walkFileTree(store, counter);
      last = new Count(counter.bytes, counter.files, before);
    } catch (IOException e) {
      LOG.warnf("the store's size can't be counted: %s", e);
    }
  }

  long bytes() {
    var count = last;
    return count.bytes() + storedBytes.getAsLong() - count.storedBefore();
  }

  /** As of the last count. */
  long chunks() {
    return last.chunks();
  }

  /** What the file system has left for it; NaN where it can't be asked. */
  double freeBytes() {
    try {
      return Files.getFileStore(store).getUsableSpace();
    } catch (IOException e) {
      LOG.debugf("the free space of the store is not known: %s", e);
      return Double.NaN;
    }
  }

  private static final class Counter extends SimpleFileVisitor<Path> {
    private long bytes;
    private long files;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      bytes += attributes.size();
      if (file.toString().endsWith(".cacnk")) {
        files++;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        // Renamed or removed meanwhile.
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }
  }
}
