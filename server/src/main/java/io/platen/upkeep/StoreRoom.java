package io.platen.upkeep;

import io.platen.chunkstore.StoredChunks;
import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.notice.NoticeKind;
import io.platen.notice.Outbox;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Tells the operator when a store is nearly full: once, and again only after there was clearly more
 * room, so that captures and collections around the limit tell nothing.
 */
public final class StoreRoom implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMinutes(1);

  /** A file system that is away answers late. */
  private static final Duration LIMIT = Duration.ofHours(1);

  private final Database database;
  private final StoredChunks store;
  private final Outbox outbox;
  private final long leastBytes;
  private final Consumer<Handle> fence;
  private final RegularWork work;

  /**
   * A watch that does not begin yet.
   *
   * @param leastBytes with less left, a store is nearly full
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public StoreRoom(
      Database database,
      StoredChunks store,
      Outbox outbox,
      long leastBytes,
      Consumer<Handle> fence,
      Watchdog watchdog) {
    this.database = database;
    this.store = store;
    this.outbox = outbox;
    this.leastBytes = leastBytes;
    this.fence = fence;
    work = new RegularWork("room of the store", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
  }

  void look() throws IOException {
    var free = store.freeBytes();
    if (free.isPresent()) {
      look(free.getAsLong());
    }
  }

  private void look(long free) {
    if (free < leastBytes) {
      database.change(
          handle -> {
            fence.accept(handle);
            outbox.raise(
                handle,
                NoticeKind.STORE_NEARLY_FULL,
                "The store has %d GiB left: %s".formatted(free >> 30, store.place()),
                Map.of("freeBytes", free, "limitBytes", leastBytes, "store", store.place()));
          });
    } else if (free - leastBytes > leastBytes / 4) {
      database.change(
          handle -> {
            fence.accept(handle);
            outbox.clear(handle, NoticeKind.STORE_NEARLY_FULL);
          });
    }
  }

  @Override
  public void close() {
    work.close();
  }
}
