package io.platen.job;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.exceptions.TaskInstanceCurrentlyExecutingException;
import com.github.kagkarlsson.scheduler.exceptions.TaskInstanceNotFoundException;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.platen.database.ClaimLost;
import io.platen.database.Database;
import io.platen.database.Outage;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.event.LockOrder;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Runs the jobs behind events, each at least once and with effect exactly once: an attempt ends its
 * event, and writes what came of it, in one transaction that only the newest attempt can make.
 *
 * <p>A machine has one job at a time: the next one begins when the one before has stopped, be it
 * that it ended or that it was cancelled.
 *
 * <p>A job whose process died is taken up again: at the next start by the same server, or, where
 * several share a database, by another one once the heartbeat is missing for 20 s.
 */
public final class JobRunner implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(JobRunner.class);

  private static final long PROGRESS_MILLIS = 250;

  /** The reporter has a turn for each running job, and each may wait for the database. */
  private static final Duration REPORTER_LIMIT = Duration.ofMinutes(5);

  /** A job that its server did not survive this often is the likely cause of it. */
  private static final int MAXIMUM_ATTEMPTS = 100;

  private final Database database;
  private final TaskDescriptor<Void> task;
  private final EventRepository events;
  private final InstantSource clock;
  private final Map<EventName, Job> jobs;
  private final String owner;
  private final Consumer<Handle> fence;
  private final Watchdog watchdog;
  private final Map<String, JobContext> running = new ConcurrentHashMap<>();
  private final MachineTurns turns = new MachineTurns();
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
   * @param fence called in the transactions that begin and end an attempt; throws {@link ClaimLost}
   *     where this process must not work on the database any more
   * @param watchdog watches the threads without which jobs would not end
   */
  public JobRunner(
      Database database,
      EventRepository events,
      InstantSource clock,
      Map<EventName, Job> jobs,
      String owner,
      Consumer<Handle> fence,
      Watchdog watchdog) {
    this.database = database;
    task = NodeTask.of(database.node());
    this.events = events;
    this.clock = clock;
    this.jobs = Map.copyOf(jobs);
    this.owner = owner;
    this.fence = fence;
    this.watchdog = watchdog;
  }

  /** Begins to run jobs, those first that this owner left when it died. */
  public void start() {
    for (var queue : JobQueue.values()) {
      table(queue).release(owner);
      schedulers.put(queue, scheduler(queue));
    }
    schedulers.values().forEach(Scheduler::start);
    var pulse = watchdog.watch("progress of jobs", REPORTER_LIMIT);
    var _ = reporter.scheduleWithFixedDelay(pulse::beat, 0, 1, TimeUnit.SECONDS);
  }

  private Scheduler scheduler(JobQueue queue) {
    OneTimeTask<Void> run =
        Tasks.oneTime(task)
            .onFailure(this::putOff)
            .execute((instance, context) -> execute(instance.getId()));
    return table(queue).scheduler(owner, queue.workers(), List.of(run), List.of(), watchdog);
  }

  /**
   * An event that could not be ended, because the database failed, is taken up again; so is a job
   * that has to wait for its turn, if nothing calls it before.
   */
  private void putOff(ExecutionComplete complete, ExecutionOperations<Void> operations) {
    operations.reschedule(
        complete, clock.instant().plus(closing ? Duration.ZERO : JobTable.HEARTBEAT));
    if (complete.getCause().orElse(null) instanceof NotItsTurn early
        && !turns.isInLine(early.machine, early.job)) {
      // It was called while it was still on its way to its row.
      call(early.job);
    }
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
    database.change(handle -> table(JobQueue.of(event.name())).remove(handle, event.id()));
  }

  /** Work for a machine that is no job. */
  @FunctionalInterface
  public interface MachineWork {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Does work for a machine now, in this thread, unless a job of the machine runs; jobs that come
   * meanwhile wait. False where nothing was done.
   */
  public boolean unlessBusy(String machineId, MachineWork work)
      throws IOException, InterruptedException {
    if (!turns.takeIfFree(machineId)) {
      return false;
    }
    try {
      work.run();
    } finally {
      giveBack(machineId);
    }
    return true;
  }

  /**
   * Runs the next attempt. There is no other one beside it in this process, of this event or
   * another one of its machine: while the process was paused for so long that the scheduler took it
   * for dead, the scheduler hands out what still runs here; and a job that was cancelled goes on
   * until it notices. Two would make, and clear away, the same files.
   */
  private void execute(String eventId) {
    var event = database.read(handle -> events.find(handle, eventId));
    if (event.isEmpty()) {
      return;
    }
    String machine = Objects.requireNonNullElse(event.get().machineId(), eventId);
    var job = new MachineTurns.Waiting(eventId, JobQueue.of(event.get().name()));
    if (!turns.take(machine, job)) {
      throw new NotItsTurn(machine, job);
    }
    try {
      begin(eventId);
    } finally {
      giveBack(machine);
    }
  }

  private void giveBack(String machine) {
    var next = turns.giveBack(machine);
    while (next.isPresent() && !call(next.get())) {
      next = turns.next(machine);
    }
  }

  /** Has a job that was put off run now. False where there is no such job any more. */
  private boolean call(MachineTurns.Waiting job) {
    var scheduler = schedulers.get(job.queue());
    if (scheduler == null || closing) {
      return false;
    }
    try {
      scheduler.reschedule(task.instanceId(job.eventId()), clock.instant());
      scheduler.triggerCheckForDueExecutions();
      return true;
    } catch (TaskInstanceNotFoundException e) {
      LOG.debugf("%s no longer waits for its turn", job.eventId());
      return false;
    } catch (TaskInstanceCurrentlyExecutingException e) {
      // It is about to be put off, and calls itself then.
      LOG.debugf("%s is on its way", job.eventId());
      return true;
    } catch (RuntimeException e) {
      // It looks again by itself, in a few seconds.
      LOG.debugf("%s is not called: %s", job.eventId(), e);
      return true;
    }
  }

  private void begin(String eventId) {
    var begun =
        database.transaction(
            handle -> {
              fence.accept(handle);
              return events.begin(handle, eventId, database.node(), clock.instant())
                  ? events.find(handle, eventId)
                  : Optional.<Event>empty();
            });
    if (begun.isEmpty()) {
      return;
    }
    var event = begun.get();
    var job = jobs.get(event.name());
    if (job == null) {
      throw new IllegalStateException("no job for the event " + event.name().label());
    }
    var context = new JobContext(done -> step(event, done));
    running.put(eventId, context);
    totals.began(event.name());
    if (closing) {
      context.stop();
    }
    var reporting =
        reporter.scheduleWithFixedDelay(
            new ProgressReporter(database, events, event, context),
            0,
            PROGRESS_MILLIS,
            TimeUnit.MILLISECONDS);
    try {
      run(event, job, context);
    } finally {
      reporting.cancel(false);
      context.ended();
      totals.stopped(event.name());
      running.remove(eventId);
    }
  }

  private void step(Event event, String done) throws JobStopped {
    if (!database.transaction(handle -> events.step(handle, event.id(), event.attempt(), done))) {
      throw new JobStopped();
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
    } catch (ClaimLost e) {
      throw e;
    } catch (Exception e) {
      OutOfMemory.endIfItIs(e);
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
      if (e instanceof IOException) {
        // It says what is wrong with the disk, the store or the host; where in the code is no help.
        LOG.warnf("%s %s failed: %s", event.name().label(), event.id(), text(e));
        LOG.debugf(e, "%s %s failed", event.name().label(), event.id());
      } else {
        LOG.warnf(e, "%s %s failed", event.name().label(), event.id());
      }
      end(event, context, EventState.ERROR, text(e), handle -> fail(handle, job, event));
    }
  }

  private void fail(Handle handle, Job job, Event event) {
    // As it is now: with the last step.
    job.failed(handle, events.find(handle, event.id()).orElse(event));
  }

  /** The message for people. The JDK's file errors have only the path for a message. */
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
              fence.accept(handle);
              LockOrder.lockSubjects(handle, database.dialect(), event);
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

  /** A job that is put off until the one before it has stopped. */
  private static final class NotItsTurn extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String machine;
    private final transient MachineTurns.Waiting job;

    NotItsTurn(String machine, MachineTurns.Waiting job) {
      super("an earlier job of %s still runs here; %s waits".formatted(machine, job.eventId()));
      this.machine = machine;
      this.job = job;
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
