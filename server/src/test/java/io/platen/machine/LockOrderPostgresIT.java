package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.Job;
import io.platen.job.JobContext;
import io.platen.job.JobRunner;
import io.platen.job.JobService;
import io.platen.liveness.Watchdog;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.network.PublicIpRepository;
import io.platen.network.PublicIpService;
import io.platen.network.StaticAddresses;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.snapshot.SnapshotRepository;
import io.platen.snapshot.SnapshotsOfMachines;
import io.platen.support.PrivatePostgres;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateService;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends of jobs and deletions lock rows in one order: PostgreSQL never ends one for the other. */
final class LockOrderPostgresIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final int ROUNDS = 60;

  @SuppressWarnings("NullAway.Init")
  private static PrivatePostgres postgres;

  @SuppressWarnings("NullAway.Init")
  private static Database database;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machineRows = new MachineRepository(cursors);
  private final TemplateRepository templateRows = new TemplateRepository(cursors);
  private final EventRepository eventRows = new EventRepository(cursors);
  private final ExecutorService others = Executors.newCachedThreadPool();

  @SuppressWarnings("NullAway.Init")
  private JobService jobs;

  @SuppressWarnings("NullAway.Init")
  private MachineService machines;

  @SuppressWarnings("NullAway.Init")
  private TemplateService templates;

  @SuppressWarnings("NullAway.Init")
  private JobRunner runner;

  @SuppressWarnings("NullAway.Init")
  private String team;

  /** Where an end that has locked its event waits; null where it goes on at once. */
  private volatile @Nullable CountDownLatch hold;

  private final CountDownLatch held = new CountDownLatch(1);

  @BeforeAll
  static void startPostgres() throws Exception {
    postgres = PrivatePostgres.start();
    database = Database.open(postgres.url());
  }

  @AfterAll
  static void endPostgres() throws Exception {
    database.close();
    postgres.remove();
  }

  /** A job that ends at once, and writes what the real ones write. */
  private final class Ending implements Job {
    @Override
    public Outcome run(Event event, JobContext context) {
      return handle -> {
        // Not a job that an earlier test left behind.
        if (team.equals(event.teamId())) {
          pause();
        }
        if (event.name() == EventName.TEMPLATE_CREATE) {
          templateRows.complete(handle, event.requireTemplateId(), 1 << 20, DIGEST);
        } else if (event.name() != EventName.DEACTIVATE) {
          machineRows.changeState(handle, event.requireMachineId(), MachineState.READY, NOW);
        }
      };
    }

    private void pause() {
      var latch = hold;
      if (latch != null) {
        held.countDown();
        try {
          assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public void failed(Handle handle, Event event) {}
  }

  @BeforeEach
  void start() throws java.io.IOException {
    var clock = InstantSource.system();
    team = new TeamService(database, new TeamRepository(), clock).team(Ids.team()).id();
    jobs = new JobService(database, eventRows, clock);
    var data = new DataDirectory(directory);
    var site = Site.of(ServerConfig.defaults(data.root()));
    templates =
        new TemplateService(
            database,
            templateRows,
            new TemplateDeletion(Duration.ofDays(7)),
            machineRows,
            jobs,
            new IndexFiles(
                site,
                new StoreIdentity(site, database, "", clock),
                database,
                templateRows,
                Map::of),
            clock);
    var absent =
        new Hypervisor(
            new HypervisorSettings(
                HypervisorSettings.Mode.NONE,
                "",
                "default",
                HypervisorSettings.Acceleration.AUTO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                PublicIps.DEFAULT));
    var addressRows = new PublicIpRepository(new Cursors(new byte[32]));
    var addresses =
        new PublicIpService(
            database,
            addressRows,
            new MachinePublicIps(),
            absent,
            new StaticAddresses(database, addressRows, new MachinePublicIps(), absent),
            clock);
    var snapshots =
        new SnapshotsOfMachines(
            new SnapshotRepository(cursors),
            templateRows,
            new TemplateDeletion(Duration.ofDays(7)),
            machineRows,
            jobs,
            clock);
    machines =
        new MachineService(database, machineRows, eventRows, jobs, snapshots, addresses, clock);
    var ending = new Ending();
    runner =
        new JobRunner(
            database,
            eventRows,
            clock,
            Map.of(
                EventName.TEMPLATE_CREATE,
                ending,
                EventName.START,
                ending,
                EventName.DEACTIVATE,
                ending),
            "this test",
            _ -> {},
            new Watchdog(System::nanoTime));
    runner.start();
  }

  @AfterEach
  void end() {
    var latch = hold;
    if (latch != null) {
      latch.countDown();
    }
    runner.close();
    others.shutdownNow();
  }

  private String machine() {
    String id = Ids.machine();
    database.change(
        handle ->
            machineRows.insert(
                handle,
                Machine.create(
                    id,
                    team,
                    "m",
                    MachineState.READY,
                    "ny2",
                    "C5",
                    new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                    MachineDisk.over(new BaseTemplate(Ids.template(), DIGEST), 1 << 20),
                    NOW)));
    return id;
  }

  private Event started(String machine) {
    return begun(handle -> jobs.create(handle, team, machine, null, EventName.START));
  }

  private Event captured(String machine) {
    return begun(handle -> templates.create(handle, team, machine, "t").event());
  }

  private Event begun(org.jdbi.v3.core.HandleCallback<Event, RuntimeException> making) {
    var event = database.transaction(making);
    runner.wake();
    return event;
  }

  private EventState awaitEnd(Event event) {
    await(event.name().label())
        .atMost(LIMIT)
        .until(
            () ->
                database
                    .read(handle -> eventRows.find(handle, event.id()))
                    .orElseThrow()
                    .state()
                    .isFinal());
    return database.read(handle -> eventRows.find(handle, event.id())).orElseThrow().state();
  }

  /** Has other work come in the way of an end that has begun, and both go on. */
  private void assertBothSucceed(Event ending, Callable<?> work) throws Exception {
    assertThat(held.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    var other = others.submit(work);
    await("the other to wait for a row").atMost(LIMIT).until(LockOrderPostgresIT::isSomeoneWaiting);
    Objects.requireNonNull(hold).countDown();
    other.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(awaitEnd(ending)).isEqualTo(EventState.DONE);
    assertThat(postgres.log()).doesNotContain("deadlock");
  }

  private static boolean isSomeoneWaiting() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock')")
                .mapTo(Boolean.class)
                .one());
  }

  @Test
  void theEndOfAStartAndTheDeletionOfItsMachine() throws Exception {
    hold = new CountDownLatch(1);
    String machine = machine();
    var start = started(machine);
    assertBothSucceed(start, () -> machines.delete(team, machine));
    assertThat(
            database.<Boolean, RuntimeException>read(h -> machineRows.find(h, machine).isPresent()))
        .isFalse();
  }

  @Test
  void theEndOfACaptureAndTheDeletionOfItsTemplate() throws Exception {
    hold = new CountDownLatch(1);
    var capture = captured(machine());
    String template = capture.requireTemplateId();
    assertBothSucceed(capture, () -> templates.delete(team, template));
    assertThat(
            database.<Boolean, RuntimeException>read(
                h -> templateRows.find(h, template).isPresent()))
        .isFalse();
  }

  @Test
  void ofTwoUndeletionsAtOnceTheSecondHearsThatNothingIsDeleted() throws Exception {
    var capture = captured(machine());
    assertThat(awaitEnd(capture)).isEqualTo(EventState.DONE);
    String template = capture.requireTemplateId();
    templates.delete(team, template);
    Future<?> second =
        database.transaction(
            handle -> {
              templates.undelete(handle, team, template);
              var other =
                  others.submit(
                      () -> database.transaction(h -> templates.undelete(h, team, template)));
              await("the other to wait for a row")
                  .atMost(LIMIT)
                  .until(LockOrderPostgresIT::isSomeoneWaiting);
              return other;
            });
    assertThatThrownBy(() -> second.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .hasRootCauseMessage("Template %s is not deleted.".formatted(template));
  }

  @Test
  void endsAndDeletionsAndChangesOfAllKindsAtOnce() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      String machine = machine();
      var begun = List.of(started(machine), captured(machine), captured(machine));
      var work = new ArrayList<Callable<?>>();
      work.add(
          () ->
              machines.update(
                  team,
                  machine,
                  new MachineChanges("renamed", null, null, null, Automation.Change.NONE)));
      work.add(() -> machines.delete(team, machine));
      for (var capture : begun.subList(1, 3)) {
        work.add(() -> templates.rename(team, capture.requireTemplateId(), "renamed"));
        work.add(() -> templates.delete(team, capture.requireTemplateId()));
      }
      var results = new ArrayList<Future<?>>();
      work.forEach(each -> results.add(others.submit(() -> unlessRefused(each))));
      for (var result : results) {
        result.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      begun.forEach(this::awaitEnd);
    }
    assertThat(postgres.log()).doesNotContain("deadlock");
  }

  private static boolean unlessRefused(Callable<?> work) throws Exception {
    try {
      return work.call() != null;
    } catch (Refusal refused) {
      assertThat(refused.reason()).isIn(Refusal.Reason.NOT_FOUND, Refusal.Reason.CONFLICT);
      return false;
    }
  }
}
