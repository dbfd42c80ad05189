package io.platen.upkeep;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.config.UpkeepConfig;
import io.platen.database.ClaimLost;
import io.platen.database.Database;
import io.platen.database.Outage;
import io.platen.job.JobTable;
import io.platen.job.NodeTask;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * When the upkeep of a store is done, in the process that has it: what is asked for, and what is
 * due. What is done is {@link StoreUpkeep}'s.
 */
public final class Upkeep implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Upkeep.class);

  /**
   * A scrub, a collection or a repair, and one more that waits for it without holding up others.
   */
  private static final int THREADS = 4;

  private static final Duration PROGRESS = Duration.ofMillis(500);

  private final Database database;
  private final UpkeepRepository requests;
  private final UpkeepConfig config;
  private final InstantSource clock;
  private final JobTable jobs;
  private final String owner;
  private final Consumer<Handle> fence;
  private final Watchdog watchdog;
  private final StoreUpkeep work;
  private final Keeper keeper;
  private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();
  private @Nullable Scheduler scheduler;
  private volatile boolean closing;

  /** Whether this node does what is due of its store, and not another one that has the same. */
  @FunctionalInterface
  public interface Keeper {
    boolean isHere() throws IOException;
  }

  /**
   * An upkeep that is not started yet.
   *
   * @param keeper for what is done once, whatever the number of nodes with this store
   * @param work what it does
   * @param owner as of a {@link io.platen.job.JobRunner}
   * @param fence as of a {@link io.platen.job.JobRunner}; called before each piece of work, and
   *     when its outcome is written
   * @param watchdog watches the threads without which nothing would be done
   */
  public Upkeep(
      Database database,
      UpkeepConfig config,
      InstantSource clock,
      StoreUpkeep work,
      Keeper keeper,
      String owner,
      Consumer<Handle> fence,
      Watchdog watchdog) {
    this.database = database;
    this.requests = new UpkeepRepository();
    this.config = config;
    this.clock = clock;
    this.jobs = UpkeepService.jobs(database);
    this.owner = owner;
    this.fence = fence;
    this.watchdog = watchdog;
    this.work = work;
    this.keeper = keeper;
  }

  /** Begins to do what is asked for, what this owner left when it died, and what is due. */
  public void start() throws IOException {
    work.begin();
    jobs.release(owner);
    var scheduled = new ArrayList<RecurringTask<?>>();
    if (config.collectHours() > 0) {
      scheduled.add(collecting());
    }
    if (config.scrubDays() > 0) {
      scheduled.add(scrubbing());
    }
    List<Task<?>> asked = List.of(requested(), healing());
    var started = jobs.scheduler(owner, THREADS, asked, scheduled, watchdog);
    started.start();
    scheduler = started;
  }

  private Task<Void> requested() {
    return Tasks.oneTime(UpkeepService.request(database))
        .onFailure(again())
        .execute((instance, context) -> run(instance.getId()));
  }

  private Task<Void> healing() {
    return Tasks.oneTime(UpkeepService.heal(database))
        .onFailure(again())
        .execute(
            (instance, context) ->
                attempt(
                    "looking at damaged templates",
                    cancellation -> {
                      work.heal(cancellation);
                      return true;
                    }));
  }

  private <T> FailureHandler<T> again() {
    return (complete, operations) ->
        operations.reschedule(
            complete, clock.instant().plus(closing ? Duration.ZERO : JobTable.HEARTBEAT));
  }

  private RecurringTask<Void> collecting() {
    return Tasks.recurring(
            NodeTask.name("collect", database.node()), FixedDelay.ofHours(config.collectHours()))
        .execute(
            (instance, context) ->
                attempt(
                    "the collection",
                    cancellation -> {
                      if (keeper.isHere()) {
                        work.collect(cancellation);
                      } else {
                        work.evict();
                      }
                      return true;
                    }));
  }

  private RecurringTask<Integer> scrubbing() {
    long seconds = Duration.ofDays(config.scrubDays()).toSeconds() / StoreUpkeep.SCRUB_PARTS;
    return Tasks.recurring(
            NodeTask.name("scrub", database.node()),
            FixedDelay.of(Duration.ofSeconds(seconds)),
            Integer.class)
        .initialData(0)
        .executeStateful((instance, context) -> scrub(instance.getData()));
  }

  private Integer scrub(Integer part) {
    boolean done =
        attempt(
            "the scrub",
            cancellation -> {
              boolean isHere = keeper.isHere();
              if (isHere) {
                work.scrub(part, cancellation);
              }
              return isHere;
            });
    return done ? (part + 1) % StoreUpkeep.SCRUB_PARTS : part;
  }

  @FunctionalInterface
  private interface Work<T> {
    T run(Cancellation cancellation) throws IOException;
  }

  /** Does what is due; false where it failed, which the log says. It is due again next time. */
  private boolean attempt(String what, Work<Boolean> work) {
    try {
      return cancellable(work);
    } catch (Cancelled e) {
      LOG.debugf("%s is put off: %s", what, e.getMessage());
    } catch (IOException e) {
      LOG.errorf("%s failed: %s", what, e.getMessage());
    } catch (RuntimeException e) {
      if (!(e instanceof ClaimLost) && !Outage.isOutage(e)) {
        throw e;
      }
      LOG.warnf("%s is put off: %s", what, e.getMessage());
    }
    return false;
  }

  private <T> T cancellable(Work<T> work) throws IOException {
    var cancellation = new Cancellation();
    running.add(cancellation);
    if (closing) {
      cancellation.cancel();
    }
    try {
      requireClaim();
      return work.run(cancellation);
    } finally {
      running.remove(cancellation);
    }
  }

  private void requireClaim() {
    database.read(
        handle -> {
          fence.accept(handle);
          return true;
        });
  }

  /** Does what a request asks for now, in this thread, and forgets that it was scheduled. */
  public void runNow(UpkeepRequest request) {
    run(request.id());
    database.change(handle -> jobs.remove(handle, request.id()));
  }

  private void run(String id) {
    var request = database.read(handle -> requests.find(handle, id));
    if (request.isEmpty() || request.get().isFinished()) {
      return;
    }
    @Nullable String report = null;
    @Nullable String error = null;
    try {
      report = cancellable(cancellation -> run(request.get(), cancellation));
    } catch (Cancelled e) {
      // Left to the next start, or to the command that waits for it.
      throw new IllegalStateException("the server ends; " + id + " is done at the next start", e);
    } catch (IOException e) {
      LOG.warnf(e, "%s failed", request.get().kind());
      error = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    end(id, report, error);
  }

  private void end(String id, @Nullable String report, @Nullable String error) {
    database.change(
        handle -> {
          fence.accept(handle);
          requests.end(handle, id, report, error, clock.instant());
        });
  }

  private String run(UpkeepRequest request, Cancellation cancellation) throws IOException {
    return switch (request.kind()) {
      case COLLECT -> Reports.write(work.collectNow(request.dryRun(), cancellation));
      case REPAIR ->
          Reports.write(
              work.repair(request.templateId(), new WrittenProgress(request.id()), cancellation));
    };
  }

  /** Writes the progress of a verification now and then. */
  private final class WrittenProgress implements LongConsumer {
    private final String id;
    private long next = System.nanoTime();

    WrittenProgress(String id) {
      this.id = id;
    }

    @Override
    public void accept(long done) {
      long now = System.nanoTime();
      if (now - next >= 0) {
        next = now + PROGRESS.toNanos();
        database.change(handle -> requests.progress(handle, id, done, Verification.TOTAL));
      }
    }
  }

  /** What is done, and how much was. */
  public StoreUpkeep work() {
    return work;
  }

  /** Stops what is under way, and leaves it to the next start. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    running.forEach(Cancellation::cancel);
    var started = scheduler;
    if (started != null) {
      started.stop();
    }
  }
}
