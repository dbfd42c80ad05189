package io.platen.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.machine.Automation;
import io.platen.machine.AutomationRows;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.machine.SnapshotFrequency;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The schedule, at times that the test sets. */
final class AutomaticSnapshotsTest {
  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);
  private final TemplateRepository templates = new TemplateRepository(cursors);
  private final SnapshotRepository snapshots = new SnapshotRepository(cursors);
  private final EventRepository events = new EventRepository(cursors);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private SnapshotsOfMachines ofMachines;

  @SuppressWarnings("NullAway.Init")
  private String team;

  private Instant now = Instant.parse("2026-11-29T10:00:00Z");

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    team = new TeamService(database, new TeamRepository(), () -> now).team("a").id();
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** As after a restart: what it knows, it has from the database. */
  private AutomaticSnapshots schedule() {
    var jobs = new JobService(database, events, () -> now);
    ofMachines =
        new SnapshotsOfMachines(
            snapshots, templates, new TemplateDeletion(Duration.ZERO), machines, jobs, () -> now);
    var service =
        new SnapshotService(
            database,
            snapshots,
            templates,
            new TemplateDeletion(Duration.ZERO),
            machines,
            events,
            ofMachines,
            jobs,
            () -> now);
    return new AutomaticSnapshots(database, machines, events, service, _ -> {}, () -> now);
  }

  private String machine(MachineState state) {
    var machine =
        Machine.create(
            Ids.machine(),
            team,
            "m",
            state,
            "ny2",
            "C1",
            new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios"),
            MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), 1 << 30),
            now);
    var settings =
        new Automation(
            new Automation.Snapshots(true, SnapshotFrequency.HOURLY, 3),
            Automation.NONE.shutdown());
    database.change(
        handle -> {
          machines.insert(handle, machine);
          AutomationRows.launched(handle, machine.id(), settings, false, now);
        });
    return machine.id();
  }

  private List<Snapshot> underWay(String machine) {
    return database.read(handle -> snapshots.underWay(handle, machine));
  }

  /** Has what is under way end well. */
  private int ended(String machine) {
    var all = underWay(machine);
    database.change(
        handle -> {
          for (var snapshot : all) {
            templates.complete(handle, snapshot.id(), 1, "d");
            events.cancelByTemplate(handle, snapshot.id(), EventName.SNAPSHOT_CREATE, now);
          }
        });
    return all.size();
  }

  @Test
  void thereIsOneInEachHourHoweverOftenTheServerStarts() {
    String machine = machine(MachineState.OFF);
    var launched = now;
    for (int hour = 1; hour <= 30; hour++) {
      var start = launched.plus(Duration.ofHours(hour));
      int begun = 0;
      for (int minute = 0; minute < 60; minute += 5) {
        now = start.plus(Duration.ofMinutes(minute));
        if (hour % 7 != 4) { // in some hours it is only there for a moment
          begun += begunByTwoServers(machine);
        }
      }
      now = start.plus(Duration.ofHours(1)).minusMillis(1);
      begun += begunByTwoServers(machine);
      assertThat(begun).as("hour %d of %s", hour, machine).isEqualTo(1);
    }
  }

  private int begunByTwoServers(String machine) {
    schedule().begin();
    schedule().begin();
    return ended(machine);
  }

  @Test
  void oneThatWasMissedIsTakenAsSoonAsTheServerIsThere() {
    String machine = machine(MachineState.READY);
    now = now.plus(Duration.ofDays(3)).plus(Duration.ofMinutes(59));
    assertThat(schedule().begin()).isEqualTo(1);
    assertThat(ended(machine)).isEqualTo(1);
    assertThat(schedule().begin()).isZero();
    var hour = now.plus(Duration.ofMinutes(1));
    now = hour.minusMillis(1);
    assertThat(schedule().begin()).isZero();
    now = hour.plus(Duration.ofHours(1)).minusMillis(1);
    assertThat(schedule().begin()).isEqualTo(1);
  }

  @Test
  void aClockThatWasAheadForAMomentDoesNotEndTheSchedule() {
    String machine = machine(MachineState.READY);
    var schedule = schedule();
    for (var clock : List.of("a server that goes on", "one that starts again")) {
      var before = now;
      now = now.plus(Duration.ofDays(3650));
      assertThat(schedule.begin()).as(clock).isEqualTo(1);
      assertThat(ended(machine)).isEqualTo(1);
      now = before;
      if (clock.equals("one that starts again")) {
        schedule = schedule();
      }
      assertThat(schedule.begin()).as(clock).isZero();
      now = now.plus(Duration.ofHours(2));
      assertThat(schedule.begin()).as(clock).isEqualTo(1);
      assertThat(ended(machine)).isEqualTo(1);
    }
  }

  @Test
  void aMachineThatStartsIsWaitedForAndOneThatIsDeletedIsNot() {
    String starting = machine(MachineState.STARTING);
    String deleted = machine(MachineState.OFF);
    database.change(handle -> machines.delete(handle, deleted, now));
    now = now.plus(Duration.ofHours(2));
    assertThat(schedule().begin()).isZero();
    database.change(handle -> machines.changeState(handle, starting, MachineState.READY, now));
    now = now.plus(Duration.ofMinutes(1));
    assertThat(schedule().begin()).isEqualTo(1);
  }

  @Test
  void oneWhoseTurnHasNotComeIsNotTakenTwice() {
    String machine = machine(MachineState.OFF);
    now = now.plus(Duration.ofHours(2));
    assertThat(schedule().begin()).isEqualTo(1);
    now = now.plus(Duration.ofHours(2));
    assertThat(schedule().begin()).isZero();
    assertThat(underWay(machine)).hasSize(1);
  }

  @Test
  void otherWorkComesFirstAndTheSnapshotIsTakenLater() {
    String machine = machine(MachineState.OFF);
    now = now.plus(Duration.ofHours(2));
    var schedule = schedule();
    schedule.begin();
    database.change(handle -> ofMachines.makeWay(handle, machine));
    assertThat(underWay(machine)).isEmpty();
    boolean open =
        database.read(handle -> events.isOpen(handle, machine, EventName.SNAPSHOT_CREATE));
    assertThat(open).isFalse();
    assertThat(schedule.begin()).isZero();
    now = now.plus(Duration.ofMinutes(10));
    assertThat(schedule.begin()).isEqualTo(1);
  }

  @Test
  void aThousandMachinesAreNotBegunAtOnce() {
    database.change(
        handle -> {
          for (int i = 0; i < 1000; i++) {
            var id = Ids.machine();
            machines.insert(
                handle,
                Machine.create(
                    id,
                    team,
                    "m",
                    MachineState.OFF,
                    "ny2",
                    "C1",
                    new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                    MachineDisk.over(new BaseTemplate("t1", "0".repeat(64)), 1 << 30),
                    now));
            AutomationRows.launched(
                handle,
                id,
                new Automation(
                    new Automation.Snapshots(true, SnapshotFrequency.HOURLY, 3),
                    Automation.NONE.shutdown()),
                false,
                now);
          }
        });
    var schedule = schedule();
    int all = 0;
    for (int minute = 0; minute < 60; minute++) {
      now = now.plus(Duration.ofMinutes(1));
      int begun = schedule.begin();
      // 17 on average.
      assertThat(begun).as("minute %d", minute).isLessThan(50);
      all += begun;
    }
    assertThat(all).isEqualTo(1000);
  }
}
