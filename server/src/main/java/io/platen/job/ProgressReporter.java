package io.platen.job;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventRepository;
import io.platen.event.Progress;
import io.platen.liveness.OutOfMemory;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Writes progress while a job runs, and stops the job when its attempt no longer counts. */
final class ProgressReporter implements Runnable {
  private static final Logger LOG = Logger.getLogger(ProgressReporter.class);

  private final Database database;
  private final EventRepository events;
  private final Event event;
  private final JobContext context;
  private @Nullable Progress last;
  private boolean failing;

  ProgressReporter(Database database, EventRepository events, Event event, JobContext context) {
    this.database = database;
    this.events = events;
    this.event = event;
    this.context = context;
  }

  @Override
  public void run() {
    try {
      var progress = context.progress(System.nanoTime());
      boolean same = progress.equals(last);
      boolean current =
          same
              ? database.read(handle -> events.isCurrent(handle, event.id(), event.attempt()))
              : database.transaction(
                  handle ->
                      events.progress(
                          handle, event.id(), event.attempt(), progress, context.traffic()));
      last = progress;
      failing = false;
      if (!current) {
        context.stop();
      }
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule, and with it the way to cancel this job. The job
      // itself finds out whether the database is gone for good, when it ends.
      OutOfMemory.endIfItIs(e);
      if (!failing) {
        LOG.warnf("progress of %s is not written: %s", event.id(), e);
      }
      failing = true;
    }
  }
}
