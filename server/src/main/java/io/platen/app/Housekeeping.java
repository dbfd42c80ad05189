package io.platen.app;

import io.platen.database.Outage;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.paging.SortKeyHistory;
import io.platen.rest.IdempotentRequests;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What a server does now and then: it forgets old answers and old keys of lists, and counts its
 * store.
 */
final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Housekeeping.class);
  private static final long MINUTES = 15;

  /** To count the files of a store of a hundred million chunks may take hours. */
  private static final Duration LIMIT = Duration.ofHours(12);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("housekeeping").factory());

  private final Platen platen;
  private final IdempotentRequests once;
  private final StoreSize store;
  private final Pulse pulse;

  Housekeeping(Platen platen, IdempotentRequests once, StoreSize store) {
    this.platen = platen;
    this.once = once;
    this.store = store;
    pulse = platen.watchdog().watch("housekeeping", LIMIT);
  }

  void start() {
    every(
        () -> {
          int removed = once.removeExpired();
          LOG.debugf("forgot %d answers", removed);
        });
    every(
        () -> {
          int removed = SortKeyHistory.removeExpired(platen.database(), platen.clock().instant());
          LOG.debugf("forgot %d former keys", removed);
        });
    every(store::count);
  }

  private void every(Runnable work) {
    var _ = thread.scheduleWithFixedDelay(() -> attempt(work), 0, MINUTES, TimeUnit.MINUTES);
  }

  private void attempt(Runnable work) {
    pulse.beat();
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule.
      OutOfMemory.endIfItIs(e);
      if (Outage.isOutage(e)) {
        LOG.warnf("housekeeping is put off: %s", e.getMessage());
      } else {
        LOG.error("housekeeping failed", e);
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
