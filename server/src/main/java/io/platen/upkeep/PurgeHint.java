package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.StoredChunks;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.template.WaitingTemplates;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Says in the log, and to the metrics, what purging would free where a store is nearly full. It is
 * counted only then, and again when something else waits to be purged: counting reads every index.
 */
public final class PurgeHint implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(PurgeHint.class);
  private static final Duration PAUSE = Duration.ofMinutes(5);

  /**
   * A file system that is away answers late, and a store of a million templates is read for long.
   */
  private static final Duration LIMIT = Duration.ofHours(2);

  private final PurgeableSpace space;
  private final StoredChunks store;
  private final long leastBytes;
  private final RegularWork work;
  private final Cancellation closing = new Cancellation();

  /**
   * What was counted last.
   *
   * @param of what waited then
   */
  private record Count(WaitingTemplates of, long bytes) {}

  private volatile @Nullable Count last;

  /**
   * A watch that does not begin yet.
   *
   * @param leastBytes with less left, a store is nearly full
   */
  public PurgeHint(PurgeableSpace space, StoredChunks store, long leastBytes, Watchdog watchdog) {
    this.space = space;
    this.store = store;
    this.leastBytes = leastBytes;
    work = new RegularWork("room by purging", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
  }

  /** Looks once. */
  void look() throws IOException {
    var free = store.freeBytes();
    var waiting = space.waiting();
    if (waiting.isEmpty() || free.isEmpty() || free.getAsLong() >= leastBytes) {
      last = null;
      return;
    }
    var before = last;
    if (before != null && before.of().equals(waiting.get())) {
      return;
    }
    long bytes = space.bytes(closing);
    last = new Count(waiting.get(), bytes);
    LOG.warnf(
        "the store has %d MiB left in %s; purging the %d deleted templates and snapshots that can still be undeleted would free %d MiB of it: platen template list --deleted, platen template purge, then platen gc",
        free.getAsLong() >> 20, store.place(), waiting.get().count(), bytes >> 20);
  }

  /** What purging would free, in bytes: 0 unless the store is nearly full. */
  public long bytes() {
    var count = last;
    return count == null ? 0 : count.bytes();
  }

  @Override
  public void close() {
    closing.cancel();
    work.close();
  }
}
