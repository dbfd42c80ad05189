package io.platen.event;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.platen.database.Database;
import io.platen.database.Dialect;
import io.platen.database.SqliteJobTable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
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

  /** A job made by another process (the command line) is found within this time. */
  private static final Duration POLLING = Duration.ofSeconds(1);

  /**
   * With db-scheduler's least number of missed heartbeats, 4, a dead server's jobs are free after
   * 20 s.
   */
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private static final int MISSED_HEARTBEATS = 4;
  private static final long PROGRESS_MILLIS = 250;

  /** Jobs are told to stop before this wait begins, and do within a second. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(5);

  /** A job that its server did not survive this often is the likely cause of it. */
  private static final int MAXIMUM_ATTEMPTS = 100;

  private final Database database;
  private final EventRepository events;
  private final InstantSource clock;
  private final Map<EventName, Job> jobs;
  private final String owner;
  private final Map<String, JobContext> running = new ConcurrentHashMap<>();
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
      release(queue);
      schedulers.put(queue, scheduler(queue));
    }
    schedulers.values().forEach(Scheduler::start);
  }

  private void release(JobQueue queue) {
    database.change(
        handle ->
            handle
                .createUpdate(
                    "UPDATE "
                        + queue.table()
                        + " SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL, version = version + 1"
                        + " WHERE picked = TRUE AND picked_by = :owner")
                .bind("owner", owner)
                .execute());
  }

  private Scheduler scheduler(JobQueue queue) {
    OneTimeTask<Void> task =
        Tasks.oneTime(TASK)
            // An event that could not be ended, because the database failed, is taken up again.
            .onFailure(
                (complete, operations) ->
                    operations.reschedule(
                        complete, clock.instant().plus(closing ? Duration.ZERO : HEARTBEAT)))
            .execute((instance, context) -> execute(instance.getId()));
    var builder =
        Scheduler.create(database.dataSource(), task)
            .tableName(queue.table())
            .schedulerName(new SchedulerName.Fixed(owner))
            .threads(queue.workers())
            .pollingInterval(POLLING)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .shutdownMaxWait(SHUTDOWN)
            .failureLogging(LogLevel.DEBUG, false);
    if (database.dialect() == Dialect.SQLITE) {
      builder.jdbcCustomization(new SqliteJobTable());
    }
    return builder.build();
  }

  /** Looks for new jobs at once, instead of at the next poll. */
  public void wake() {
    schedulers.values().forEach(Scheduler::triggerCheckForDueExecutions);
  }

  /** Runs the job of one event now, in this thread, and forgets that it was scheduled. */
  public void runNow(Event event) {
    execute(event.id());
    database.change(
        handle ->
            handle
                .createUpdate(
                    "DELETE FROM " + event.name().queue().table() + " WHERE task_instance = :id")
                .bind("id", event.id())
                .execute());
  }

  private void execute(String eventId) {
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
    var context = new JobContext();
    running.put(eventId, context);
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
      running.remove(eventId);
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
      if (context.isStopped()) {
        LOG.infof("%s %s was stopped: %s", event.name().label(), event.id(), e);
        return;
      }
      LOG.warnf(e, "%s %s failed", event.name().label(), event.id());
      end(event, context, EventState.ERROR, text(e), handle -> job.failed(handle, event));
    }
  }

  private static String text(Exception e) {
    String message = e.getMessage();
    return message == null || message.isBlank() ? e.toString() : message;
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
    LOG.infof(
        "%s %s: %s",
        event.name().label(),
        event.id(),
        ended ? state.label() : "ended elsewhere, result dropped");
  }

  /** Leaves a job to the next start. */
  private static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;

    Interrupted(String eventId) {
      super("the server ends; " + eventId + " is resumed at the next start");
    }
  }

  /** Writes progress while a job runs, and stops the job when its attempt no longer counts. */
  private final class Reporter implements Runnable {
    private final Event event;
    private final JobContext context;
    private @Nullable Progress last;

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
        if (!current) {
          context.stop();
        }
      } catch (RuntimeException e) {
        // The job itself finds out whether the database is gone for good, when it ends.
        LOG.warnf("progress of %s is not written: %s", event.id(), e.getMessage());
      }
    }
  }

  /** Tells the running jobs to stop, and leaves them to the next start. */
  @Override
  public void close() {
    closing = true;
    running.values().forEach(JobContext::stop);
    schedulers.values().parallelStream().forEach(Scheduler::stop);
    reporter.shutdownNow();
  }
}
