package io.platen.app;

import io.platen.chunkstore.StoredChunks;
import io.platen.site.Site;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How large the store is: counted now and then, which takes a moment for each chunk, and carried on
 * by what captures stored since. One of the nodes that share a bucket does so, once a day, since
 * that is a request for each thousand chunks; the others know nothing of it.
 */
final class StoreSize {
  private static final Logger LOG = Logger.getLogger(StoreSize.class);
  private static final Duration PAUSE = Duration.ofDays(1);

  /**
   * One count.
   *
   * @param bytes of everything in the store
   * @param storedBefore what captures had stored when the count began
   */
  private record Count(long bytes, long chunks, long storedBefore, long nanos) {}

  private final Site site;
  private final StoredChunks store;
  private final LongSupplier storedBytes;
  private volatile @Nullable Count last;

  /**
   * @param storedBytes what captures have stored since this process began
   */
  StoreSize(Site site, LongSupplier storedBytes) {
    this.site = site;
    this.store = site.chunks();
    this.storedBytes = storedBytes;
  }

  /** Counts anew, where it is time. */
  void count() {
    long before = storedBytes.getAsLong();
    var count = last;
    try {
      if (!site.isKeeper()) {
        last = null;
      } else if (count == null
          || !site.isInBucket()
          || System.nanoTime() - count.nanos() > PAUSE.toNanos()) {
        long now = System.nanoTime();
        var total = store.count();
        last = new Count(total.bytes(), total.chunks(), before, now);
      }
    } catch (IOException e) {
      LOG.warnf("the store's size can't be counted: %s", e);
    }
  }

  /** NaN where it is not known. */
  double bytes() {
    var count = last;
    return count == null
        ? Double.NaN
        : count.bytes() + storedBytes.getAsLong() - count.storedBefore();
  }

  /** As of the last count; NaN where there was none. */
  double chunks() {
    var count = last;
    return count == null ? Double.NaN : count.chunks();
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
