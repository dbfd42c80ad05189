package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.database.Database;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.JobService;
import io.platen.liveness.Watchdog;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.snapshot.SnapshotRepository;
import io.platen.snapshot.SnapshotsOfMachines;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that run while the clock is set, where there is no hypervisor to ask. */
final class AutoShutdownTest {
  private static final Instant START = Instant.parse("2026-11-29T10:00:00Z");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);
  private Instant now = START;
  private long nanos;

  private AutoShutdown watch(Database database) {
    var events = new EventRepository(cursors);
    var jobs = new JobService(database, events, () -> now);
    var none =
        new Hypervisor(
            new HypervisorSettings(
                HypervisorSettings.Mode.NONE,
                "",
                "default",
                HypervisorSettings.Acceleration.AUTO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                PublicIps.DEFAULT));
    var templates = new TemplateRepository(cursors);
    var snapshots =
        new SnapshotsOfMachines(
            new SnapshotRepository(cursors),
            templates,
            new TemplateDeletion(Duration.ZERO),
            machines,
            jobs,
            () -> now);
    var power = new PowerService(database, machines, events, jobs, none, snapshots, () -> now);
    return new AutoShutdown(
        database,
        machines,
        power,
        none,
        () -> {},
        _ -> {},
        () -> now,
        () -> nanos,
        new Watchdog(() -> nanos));
  }

  private String running(Database database) {
    String team = new TeamService(database, new TeamRepository(), () -> now).team("a").id();
    var machine =
        Machine.create(
            Ids.machine(),
            team,
            "m",
            MachineState.OFF,
            "ny2",
            "C1",
            new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
            MachineDisk.over(new BaseTemplate("t1", "0".repeat(64)), 1 << 20),
            now);
    var shutdown = new Automation.Shutdown(true, 24, true);
    database.change(
        handle -> {
          machines.insert(handle, machine);
          AutomationRows.launched(
              handle,
              machine.id(),
              new Automation(Automation.NONE.snapshots(), shutdown),
              false,
              now);
          machines.changeState(handle, machine.id(), MachineState.READY, now);
        });
    return machine.id();
  }

  private void goOn(Duration real, Duration shown) {
    nanos += real.toNanos();
    now = now.plus(shown);
  }

  /** For how long a machine has run, as far as is known. */
  private Duration ran(Database database, String machine) {
    var watched = database.read(handle -> machines.toShutDown(handle, ""));
    var since =
        watched.stream()
            .filter(each -> each.machine().id().equals(machine))
            .findFirst()
            .orElseThrow()
            .runningSince();
    return since == null ? Duration.ZERO : Duration.between(since, now);
  }

  @Test
  void aMachineHasNotRunForTheTimeByWhichTheClockWasSetAhead() throws Exception {
    try (var database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
        var watch = watch(database)) {
      String machine = running(database);
      watch.look();
      goOn(Duration.ofHours(2), Duration.ofHours(2));
      watch.look();
      assertThat(ran(database, machine)).isEqualTo(Duration.ofHours(2));
      goOn(Duration.ofMinutes(1), Duration.ofDays(3650));
      String later = running(database);
      watch.look();
      assertThat(ran(database, machine)).isEqualTo(Duration.ofHours(2).plusMinutes(1));
      assertThat(ran(database, later)).isZero();
      goOn(Duration.ofMinutes(1), Duration.ofMinutes(1));
      watch.look();
      assertThat(ran(database, machine)).isEqualTo(Duration.ofHours(2).plusMinutes(2));
    }
  }
}
