package io.platen.app;

import io.platen.chunkstore.StoredChunks;
import java.io.IOException;
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
   * @param bytes of everything in the store
   * @param storedBefore what captures had stored when the count began
   */
  private record Count(long bytes, long chunks, long storedBefore) {}

  private final StoredChunks store;
  private final LongSupplier storedBytes;
  private volatile Count last = new Count(0, 0, 0);

  /**
   * @param storedBytes what captures have stored since this process began
   */
  StoreSize(StoredChunks store, LongSupplier storedBytes) {
    this.store = store;
    this.storedBytes = storedBytes;
  }

  /** Counts anew. */
  void count() {
    long before = storedBytes.getAsLong();
    try {
      var total = store.count();
      last = new Count(total.bytes(), total.chunks(), before);
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

  /** What there is room for; NaN where that is not known. */
  double freeBytes() {
    try {
      var free = store.freeBytes();
      return free.isPresent() ? free.getAsLong() : Double.NaN;
    } catch (IOException e) {
      LOG.debugf("the free space of the store is not known: %s", e);
      return Double.NaN;
    }
  }
}
