package io.platen.event;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.platen.database.Database;
import io.platen.database.JobTable;
import io.platen.database.Outage;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the jobs behind events, each at least once and with effect exactly once: an attempt ends its
 * event, and writes what came of it, in one transaction that only the newest attempt can make.
 *
 * <p>A job whose process died is taken up again: at the next start by the same server, or, where
 * several share a database, by another one once the heartbeat is missing for 20 s.
 */
public final class JobRunner implements AutoCloseable {
  static final TaskDescriptor<Void> TASK = TaskDescriptor.of("event");

  private static final Logger LOG = Logger.getLogger(JobRunner.class);

  private static final long PROGRESS_MILLIS = 250;

  /** A job that its server did not survive this often is the likely cause of it. */
  private static final int MAXIMUM_ATTEMPTS = 100;

  private final Database database;
  private final EventRepository events;
  private final InstantSource clock;
  private final Map<EventName, Job> jobs;
  private final String owner;
  private final Map<String, JobContext> running = new ConcurrentHashMap<>();
  private final JobTotals totals = new JobTotals();
  private final Map<JobQueue, Scheduler> schedulers = new EnumMap<>(JobQueue.class);
  private final ScheduledExecutorService reporter =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("job-progress").factory());
  private volatile boolean closing;

  /**
   * A runner that is not started yet.
   *
   * @param owner the name under which jobs are marked as taken; the same after a restart, and no
   *     other process'
   */
  public JobRunner(
      Database database,
      EventRepository events,
      InstantSource clock,
      Map<EventName, Job> jobs,
      String owner) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.jobs = Map.copyOf(jobs);
    this.owner = owner;
  }

  /** Begins to run jobs, those first that this owner left when it died. */
  public void start() {
    for (var queue : JobQueue.values()) {
      table(queue).release(owner);
      schedulers.put(queue, scheduler(queue));
    }
    schedulers.values().forEach(Scheduler::start);
  }

  private Scheduler scheduler(JobQueue queue) {
    OneTimeTask<Void> task =
        Tasks.oneTime(TASK)
            // An event that could not be ended, because the database failed, is taken up again.
            .onFailure(
                (complete, operations) ->
                    operations.reschedule(
                        complete,
                        clock.instant().plus(closing ? Duration.ZERO : JobTable.HEARTBEAT)))
            .execute((instance, context) -> execute(instance.getId()));
    return table(queue).scheduler(owner, queue.workers(), List.of(task)).build();
  }

  private JobTable table(JobQueue queue) {
    return new JobTable(database, queue.table());
  }

  /** What the jobs of this process did so far. */
  public JobTotals totals() {
    return totals;
  }

  /** Looks for new jobs at once, instead of at the next poll. */
  public void wake() {
    schedulers.values().forEach(Scheduler::triggerCheckForDueExecutions);
  }

  /** Runs the job of one event now, in this thread, and forgets that it was scheduled. */
  public void runNow(Event event) {
    execute(event.id());
    database.change(handle -> table(event.name().queue()).remove(handle, event.id()));
  }

  /**
   * Runs the next attempt. There is no second one beside it in this process: while the process was
   * paused for so long that the scheduler took it for dead, the scheduler hands out what still runs
   * here, and two attempts would make, and clear away, the same files.
   */
  private void execute(String eventId) {
    var context = new JobContext();
    if (running.putIfAbsent(eventId, context) != null) {
      throw new StillRunning(eventId);
    }
    try {
      begin(eventId, context);
    } finally {
      running.remove(eventId);
    }
  }

  private void begin(String eventId, JobContext context) {
    var begun =
        database.transaction(
            handle ->
                events.begin(handle, eventId, clock.instant())
                    ? events.find(handle, eventId)
                    : Optional.<Event>empty());
    if (begun.isEmpty()) {
      return;
    }
    var event = begun.get();
    var job = jobs.get(event.name());
    if (job == null) {
      throw new IllegalStateException("no job for the event " + event.name().label());
    }
    totals.began(event.name());
    if (closing) {
      context.stop();
    }
    var reporting =
        reporter.scheduleWithFixedDelay(
            new Reporter(event, context), 0, PROGRESS_MILLIS, TimeUnit.MILLISECONDS);
    try {
      run(event, job, context);
    } finally {
      reporting.cancel(false);
      totals.stopped(event.name());
    }
  }

  private void run(Event event, Job job, JobContext context) {
    try {
      if (event.attempt() > MAXIMUM_ATTEMPTS) {
        throw new IllegalStateException(
            "given up: the server ended %d times during this job; see its log, then try again"
                .formatted(MAXIMUM_ATTEMPTS));
      }
      var outcome = job.run(event, context);
      // What is done is done, even if the server is asked to end at this moment.
      end(event, context, EventState.DONE, null, outcome);
    } catch (JobStopped e) {
      if (closing) {
        throw new Interrupted(event.id());
      }
      LOG.infof("%s %s was stopped", event.name().label(), event.id());
    } catch (Exception e) {
      if (closing) {
        throw new Interrupted(event.id());
      }
      if (Outage.isOutage(e)) {
        // Nothing can be written about this attempt now. The next one finds what it has stored.
        LOG.warnf(
            "%s %s is taken up again when the database can be used: %s",
            event.name().label(), event.id(), e.getMessage());
        throw new Interrupted(event.id(), e);
      }
      if (context.isStopped()) {
        LOG.infof("%s %s was stopped: %s", event.name().label(), event.id(), e);
        return;
      }
      LOG.warnf(e, "%s %s failed", event.name().label(), event.id());
      end(event, context, EventState.ERROR, text(e), handle -> job.failed(handle, event));
    }
  }

  /** What a person is told. The JDK's errors of files have nothing but the path for a message. */
  private static String text(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      return e.toString();
    }
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + " is missing";
      case AccessDeniedException denied ->
          denied.getFile() + ": access denied; check its owner and mode";
      default -> message;
    };
  }

  private void end(
      Event event,
      JobContext context,
      EventState state,
      @Nullable String error,
      Job.Outcome outcome) {
    var progress = context.progress(System.nanoTime());
    boolean ended =
        database.transaction(
            handle -> {
              events.progress(handle, event.id(), event.attempt(), progress, context.traffic());
              boolean current =
                  events.end(handle, event.id(), event.attempt(), state, error, clock.instant());
              if (current) {
                outcome.write(handle);
              }
              return current;
            });
    if (ended) {
      totals.end(event.name(), state);
    }
    LOG.infof(
        "%s %s: %s",
        event.name().label(),
        event.id(),
        ended ? state.label() : "ended elsewhere, result dropped");
  }

  /** An attempt that is put off until the one before it has ended. */
  private static final class StillRunning extends RuntimeException {
    private static final long serialVersionUID = 1;

    StillRunning(String eventId) {
      super("an earlier attempt of " + eventId + " still runs here");
    }
  }

  /** Leaves a job to the next start. */
  private static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;

    Interrupted(String eventId) {
      super("the server ends; " + eventId + " is resumed at the next start");
    }

    Interrupted(String eventId, Exception outage) {
      super("the database can't be used; " + eventId + " is resumed afterwards", outage);
    }
  }

  /** Writes progress while a job runs, and stops the job when its attempt no longer counts. */
  private final class Reporter implements Runnable {
    private final Event event;
    private final JobContext context;
    private @Nullable Progress last;
    private boolean failing;

    Reporter(Event event, JobContext context) {
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
      } catch (RuntimeException e) {
        // The job itself finds out whether the database is gone for good, when it ends.
        if (!failing) {
          LOG.warnf("progress of %s is not written: %s", event.id(), e.getMessage());
        }
        failing = true;
      }
    }
  }

  /** Tells the running jobs to stop, and leaves them to the next start. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    running.values().forEach(JobContext::stop);
    schedulers.values().parallelStream().forEach(Scheduler::stop);
    reporter.shutdownNow();
  }
}
