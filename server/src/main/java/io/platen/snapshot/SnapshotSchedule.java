package io.platen.snapshot;

import io.platen.database.ClaimLost;
import io.platen.database.Outage;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.liveness.Watchdog;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Does what is due for snapshots. */
public final class SnapshotSchedule implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SnapshotSchedule.class);
  private static final long SECONDS = 5;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final AutomaticSnapshots automatic;
  private final Runnable wake;
  private final FormerDisks formerDisks;
  private final Pulse pulse;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("snapshot-schedule").factory());

  private boolean failing;

  /**
   * @param wake has new jobs looked for
   */
  public SnapshotSchedule(
      AutomaticSnapshots automatic, Runnable wake, FormerDisks formerDisks, Watchdog watchdog) {
    this.automatic = automatic;
    this.wake = wake;
    this.formerDisks = formerDisks;
    pulse = watchdog.watch("schedule of snapshots", LIMIT);
  }

  public void start() {
    pulse.beat();
    var _ = thread.scheduleWithFixedDelay(this::attempt, 0, SECONDS, TimeUnit.SECONDS);
  }

  private void attempt() {
    pulse.beat();
    try {
      look();
      failing = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule.
      OutOfMemory.endIfItIs(e);
      if (e instanceof ClaimLost || Outage.isOutage(e)) {
        if (!failing) {
          LOG.warnf("what is due for snapshots has to wait: %s", e.getMessage());
        }
        failing = true;
      } else {
        LOG.error("what is due for snapshots failed", e);
      }
    }
  }

  /** Looks once. */
  void look() throws InterruptedException {
    if (automatic.begin() > 0) {
      wake.run();
    }
    formerDisks.removeUnneeded();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
