package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which jobs run beside each other, on the real queues. */
final class MachineJobsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private JobRunner runner;

  @SuppressWarnings("NullAway.Init")
  private JobService jobs;

  @SuppressWarnings("NullAway.Init")
  private String team;

  private final EventRepository rows =
      new EventRepository(new Cursors("s".getBytes(StandardCharsets.UTF_8)));

  /** How far the runner's clock is ahead. */
  private volatile Duration ahead = Duration.ZERO;

  private final Map<String, CountDownLatch> holds = new ConcurrentHashMap<>();
  private final List<String> running = new CopyOnWriteArrayList<>();
  private final List<String> began = new CopyOnWriteArrayList<>();

  /** A job that goes on until it is let go, told to stop or not. */
  private final class Held implements Job {
    @Override
    public Outcome run(Event event, JobContext context) throws Exception {
      String machine = event.requireMachineId();
      assertThat(running).doesNotContain(machine);
      running.add(machine);
      began.add(event.id());
      try {
        assertThat(hold(event.id()).await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } finally {
        running.remove(machine);
      }
      return handle -> {};
    }

    @Override
    public void failed(Handle handle, Event event) {}
  }

  private CountDownLatch hold(String event) {
    return holds.computeIfAbsent(event, _ -> new CountDownLatch(1));
  }

  @BeforeEach
  void start() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    var system = InstantSource.system();
    team = new TeamService(database, new TeamRepository(), system).team("a").id();
    jobs = new JobService(database, rows, system);
    var held = new Held();
    runner =
        new JobRunner(
            database,
            rows,
            () -> system.instant().plus(ahead),
            Map.of(
                EventName.TEMPLATE_CREATE, held, EventName.START, held, EventName.DEACTIVATE, held),
            "this test",
            _ -> {},
            new Watchdog(System::nanoTime));
    runner.start();
  }

  @AfterEach
  void close() {
    holds.values().forEach(CountDownLatch::countDown);
    runner.close();
    database.close();
  }

  private String create(String machine, EventName name) {
    String id = database.transaction(handle -> jobs.create(handle, team, machine, null, name)).id();
    runner.wake();
    return id;
  }

  private EventState state(String event) {
    return database.read(handle -> rows.find(handle, event)).orElseThrow().state();
  }

  private void awaitBegun(String event) {
    await("the beginning of " + event)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> began.contains(event));
  }

  private void end(String event) {
    hold(event).countDown();
    await("the end of " + event)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> state(event).isFinal());
  }

  /** Whether a job has tried to begin, and was put off. */
  private boolean isPutOff(String event) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT EXISTS (SELECT 1 FROM capture_job WHERE task_instance = :id AND NOT picked AND consecutive_failures > 0)")
                .bind("id", event)
                .mapTo(Boolean.class)
                .one());
  }

  @Test
  void capturesOfOneMachineQueueAndHoldNoneOfTheWorkers() {
    var ofOne = new ArrayList<String>();
    for (int i = 0; i < 6; i++) {
      ofOne.add(create("psone", EventName.TEMPLATE_CREATE));
    }
    await().atMost(LIMIT).until(() -> !began.isEmpty());
    for (var event : ofOne) {
      await().atMost(LIMIT).until(() -> began.contains(event) || isPutOff(event));
    }
    // All four workers but one are free for others.
    for (var machine : List.of("pstwo", "psthree", "psfour")) {
      awaitBegun(create(machine, EventName.TEMPLATE_CREATE));
    }
    assertThat(began).hasSize(4);
    for (int i = 0; i < ofOne.size(); i++) {
      int begun = i;
      await().atMost(LIMIT).until(() -> began.stream().filter(ofOne::contains).count() > begun);
      end(began.stream().filter(ofOne::contains).toList().get(i));
    }
    assertThat(ofOne).allMatch(event -> state(event) == EventState.DONE);
  }

  @Test
  void theNextJobIsCalledWhenTheOneBeforeEnds() {
    String first = create("psone", EventName.TEMPLATE_CREATE);
    awaitBegun(first);
    // By itself it would look again in an hour.
    ahead = Duration.ofHours(1);
    String second = create("psone", EventName.TEMPLATE_CREATE);
    await().atMost(LIMIT).until(() -> isPutOff(second));
    ahead = Duration.ZERO;
    end(first);
    awaitBegun(second);
    end(second);
  }

  @Test
  void aRemovalWaitsForACancelledJobToStop() {
    String start = create("psone", EventName.START);
    awaitBegun(start);
    database.change(
        handle -> assertThat(jobs.cancelByMachine(handle, "psone", EventName.START)).isTrue());
    String removal = create("psone", EventName.DEACTIVATE);
    awaitBegun(create("pstwo", EventName.DEACTIVATE));
    assertThat(began).doesNotContain(removal);
    hold(start).countDown();
    awaitBegun(removal);
    end(removal);
    assertThat(state(start)).isEqualTo(EventState.CANCELLED);
  }

  @Test
  void whatIsNoJobWaitsForNoneAndIsWaitedFor() throws Exception {
    String start = create("psone", EventName.START);
    awaitBegun(start);
    assertThat(runner.unlessBusy("psone", () -> began.add("sweep"))).isFalse();
    end(start);
    await()
        .atMost(LIMIT)
        .until(
            () ->
                runner.unlessBusy(
                    "psone",
                    () -> {
                      String removal = create("psone", EventName.DEACTIVATE);
                      awaitBegun(create("pstwo", EventName.DEACTIVATE));
                      assertThat(began).doesNotContain(removal);
                      began.add("sweep");
                    }));
    assertThat(began).contains("sweep");
    String removal =
        database
            .<List<String>, RuntimeException>read(
                handle ->
                    handle
                        .createQuery(
                            "SELECT id FROM event WHERE machine_id = 'psone' AND name = 'deactivate'")
                        .mapTo(String.class)
                        .list())
            .getFirst();
    awaitBegun(removal);
    end(removal);
  }
}
