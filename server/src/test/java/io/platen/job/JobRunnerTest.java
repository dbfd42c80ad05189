package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.liveness.Watchdog;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JobRunnerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  /** Longer than the threads behind jobs take for a turn. */
  private static final Duration ROUND = Duration.ofSeconds(40);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  private final EventRepository rows =
      new EventRepository(new Cursors("s".getBytes(StandardCharsets.UTF_8)));

  private final List<String> written = new ArrayList<>();

  /** What the runner asks before it begins or ends an attempt. */
  private Runnable fence = () -> {};

  private final AtomicLong nanoTime = new AtomicLong();
  private final Watchdog watchdog = new Watchdog(nanoTime::get);

  /** What the job does. */
  private Work work = context -> {};

  @SuppressWarnings("NullAway.Init")
  private JobRunner runner;

  @SuppressWarnings("NullAway.Init")
  private Event event;

  @FunctionalInterface
  private interface Work {
    void run(JobContext context) throws Exception;
  }

  /** What the step of the event was when an attempt began, or failed. */
  private final List<String> steps = new ArrayList<>();

  private final class Recorded implements Job {
    @Override
    public Outcome run(Event attempt, JobContext context) throws Exception {
      steps.add(attempt.attempt() + " after " + attempt.step());
      work.run(context);
      return handle -> written.add("done by " + attempt.attempt());
    }

    @Override
    public void failed(Handle handle, Event attempt) {
      written.add("failed in " + attempt.attempt());
      steps.add("failed after " + attempt.step());
    }
  }

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    String team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    runner =
        new JobRunner(
            database,
            rows,
            () -> NOW,
            Map.of(EventName.CREATE, new Recorded()),
            "this test",
            handle -> fence.run(),
            watchdog);
    var service = new JobService(database, rows, () -> NOW);
    event =
        database.transaction(
            handle -> service.create(handle, team, "psmachine", null, EventName.CREATE));
  }

  @AfterEach
  void close() {
    runner.close();
    database.close();
  }

  private Event now() {
    return database.read(handle -> rows.find(handle, event.id())).orElseThrow();
  }

  private boolean isScheduled() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT EXISTS (SELECT 1 FROM machine_job WHERE task_instance = :id)")
                .bind("id", event.id())
                .mapTo(Boolean.class)
                .one());
  }

  private void supersede() {
    boolean begun = database.transaction(handle -> rows.begin(handle, event.id(), "", NOW));
    assertThat(begun).isTrue();
  }

  @Test
  void whatAJobDidIsWrittenOnceWithTheEndOfItsEvent() {
    assertThat(isScheduled()).isTrue();
    runner.runNow(event);
    runner.runNow(event);
    assertThat(written).containsExactly("done by 1");
    assertThat(now().state()).isEqualTo(EventState.DONE);
    assertThat(now().attempt()).isEqualTo(1);
    assertThat(isScheduled()).isFalse();
  }

  @Test
  void whatASupersededAttemptDidIsDropped() {
    work = context -> supersede();
    runner.runNow(event);
    assertThat(written).isEmpty();
    assertThat(now().dtFinished()).isNull();

    work = context -> {};
    runner.runNow(event);
    assertThat(written).containsExactly("done by 3");
  }

  @Test
  void aSupersededAttemptIsToldToStop() throws Exception {
    var stopped = new CountDownLatch(1);
    work =
        context -> {
          context.onStop(stopped::countDown);
          supersede();
          assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
          context.throwIfStopped();
        };
    runner.runNow(event);
    assertThat(written).isEmpty();
  }

  @Test
  void aFailureOfASupersededAttemptIsDroppedAndOneOfTheNewestIsTold() {
    work =
        context -> {
          supersede();
          throw new IllegalStateException("an old attempt's");
        };
    runner.runNow(event);
    assertThat(written).isEmpty();
    assertThat(now().error()).isNull();

    work =
        context -> {
          throw new IllegalStateException("no room; free some");
        };
    runner.runNow(event);
    assertThat(written).containsExactly("failed in 3");
    assertThat(now().state()).isEqualTo(EventState.ERROR);
    assertThat(now().error()).isEqualTo("no room; free some");
  }

  @Test
  void aRunnerThatMustNotWorkAnyMoreBeginsNothingAndItsOutcomeIsDropped() {
    fence =
        () -> {
          throw new IllegalStateException("fenced");
        };
    assertThatThrownBy(() -> runner.runNow(event)).hasMessage("fenced");
    assertThat(now().attempt()).isZero();
    var fenced = fence;
    fence = () -> {};
    work = context -> fence = fenced;
    assertThatThrownBy(() -> runner.runNow(event)).hasMessage("fenced");
    assertThat(written).isEmpty();
    assertThat(now().dtFinished()).isNull();
    assertThat(isScheduled()).isTrue();
  }

  @Test
  void anEventThatWasCancelledStaysCancelled() {
    work =
        context ->
            database.change(
                handle ->
                    assertThat(rows.cancelByMachine(handle, "psmachine", EventName.CREATE, NOW))
                        .isEqualTo(1));
    runner.runNow(event);
    assertThat(written).isEmpty();
    assertThat(now().state()).isEqualTo(EventState.CANCELLED);
  }

  @Test
  void aJobThatStillRunsHereIsNotBegunASecondTime() throws Exception {
    var began = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    work =
        context -> {
          began.countDown();
          assertThat(goOn.await(10, TimeUnit.SECONDS)).isTrue();
        };
    try (var threads = Executors.newSingleThreadExecutor()) {
      var first = threads.submit(() -> runner.runNow(event));
      assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> runner.runNow(event)).hasMessageContaining("still runs here");
      assertThat(now().attempt()).isEqualTo(1);
      goOn.countDown();
      first.get(10, TimeUnit.SECONDS);
    }
    assertThat(written).containsExactly("done by 1");
  }

  @Test
  void whatAnAttemptHasDoneIsKnownToTheNextOneAndToTheFailure() {
    work =
        context -> {
          context.step("half");
          context.phase("starting", 0);
          supersede();
        };
    runner.runNow(event);
    work =
        context -> {
          context.step("nearly all");
          throw new IllegalStateException("no");
        };
    runner.runNow(event);
    assertThat(steps).containsExactly("1 after null", "3 after half", "failed after nearly all");
  }

  @Test
  void aSupersededAttemptHasDoneNothingMore() {
    work =
        context -> {
          supersede();
          assertThatThrownBy(() -> context.step("late")).isInstanceOf(JobStopped.class);
        };
    runner.runNow(event);
    assertThat(now().step()).isNull();
  }

  @Test
  void aPhaseIsNoStep() {
    work = context -> context.phase("stopping", 0);
    runner.runNow(event);
    assertThat(now().step()).isNull();
    assertThat(now().progress().phase()).isEqualTo("stopping");
  }

  @Test
  void aJobThatIsToldToStopBecauseTheServerEndsIsLeftToTheNextStart() {
    work =
        context -> {
          runner.close();
          context.throwIfStopped();
        };
    assertThatThrownBy(() -> runner.runNow(event)).hasMessageContaining("resumed");
    assertThat(now().dtFinished()).isNull();
    assertThat(isScheduled()).isTrue();
    assertThat(written).isEmpty();
  }

  @Test
  void theThreadsBehindJobsAreMissedWhenTheyEndAndNotBefore() {
    runner.start();
    nanoTime.addAndGet(TimeUnit.HOURS.toNanos(1));
    assertThat(watchdog.missing()).isNotEmpty();
    await().atMost(ROUND).until(() -> watchdog.missing().isEmpty());
    runner.close();
    nanoTime.addAndGet(TimeUnit.HOURS.toNanos(1));
    assertThat(watchdog.missing())
        .contains(
            "capture_job: jobs are handed out",
            "machine_job: heartbeats are written",
            "progress of jobs")
        .hasSize(2 * JobQueue.values().length + 1);
  }

  @Test
  void aDatabaseThatFailsDoesNotMakeThemMissing() {
    runner.start();
    database.close();
    nanoTime.addAndGet(TimeUnit.HOURS.toNanos(1));
    // The scheduler's threads end with errors of their own meanwhile, and others take their place.
    await().dontCatchUncaughtExceptions().atMost(ROUND).until(() -> watchdog.missing().isEmpty());
  }

  @Test
  void anErrorWhileProgressIsWrittenDoesNotEndThat() {
    var failed = new CountDownLatch(1);
    work =
        context -> {
          context.onStop(
              () -> {
                failed.countDown();
                throw new StackOverflowError("planted");
              });
          supersede();
          assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
          // Nothing but the progress of this job uses the database now.
          long before = database.statements();
          await().atMost(ROUND).until(() -> database.statements() > before + 2);
        };
    runner.runNow(event);
    assertThat(written).isEmpty();
  }

  @Test
  void aJobThatItsServerNeverSurvivesIsGivenUp() {
    for (int i = 0; i < 100; i++) {
      supersede();
    }
    runner.runNow(event);
    assertThat(now().state()).isEqualTo(EventState.ERROR);
    assertThat(now().error()).contains("100 times");
  }
}
