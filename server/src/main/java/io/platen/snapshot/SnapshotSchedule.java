package io.platen.snapshot;

import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import java.time.Duration;

/** Does what is due for snapshots. */
public final class SnapshotSchedule implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final AutomaticSnapshots automatic;
  private final Runnable wake;
  private final FormerDisks formerDisks;
  private final RegularWork work;

  /**
   * @param wake has new jobs looked for
   */
  public SnapshotSchedule(
      AutomaticSnapshots automatic, Runnable wake, FormerDisks formerDisks, Watchdog watchdog) {
    this.automatic = automatic;
    this.wake = wake;
    this.formerDisks = formerDisks;
    work = new RegularWork("schedule of snapshots", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
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
    work.close();
  }
}
