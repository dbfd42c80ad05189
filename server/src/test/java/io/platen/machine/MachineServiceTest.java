package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.HypervisorSettings;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.JobService;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.network.PublicIpRepository;
import io.platen.network.PublicIpService;
import io.platen.network.StaticAddresses;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of machines, and of starting them, without a libvirt. */
final class MachineServiceTest {
  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");
  private static final long GB = 1L << 30;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository rows = new MachineRepository(cursors);
  private final EventRepository events = new EventRepository(cursors);

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private JobService jobs;

  @SuppressWarnings("NullAway.Init")
  private MachineService machines;

  @SuppressWarnings("NullAway.Init")
  private PowerService power;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @SuppressWarnings("NullAway.Init")
  private String other;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    jobs = new JobService(database, events, () -> NOW);
    var cursors = new Cursors(new byte[32]);
    var snapshots =
        new SnapshotsOfMachines(
            new SnapshotRepository(cursors),
            new TemplateRepository(cursors),
            new TemplateDeletion(Duration.ZERO),
            rows,
            jobs,
            () -> NOW);
    var none =
        new Hypervisor(
            ServerConfig.defaults(directory)
                .withHypervisor(HypervisorSettings.Mode.NONE)
                .hypervisor());
    var addressRows = new PublicIpRepository(cursors);
    var addresses =
        new PublicIpService(
            database,
            addressRows,
            new MachinePublicIps(),
            none,
            new StaticAddresses(database, addressRows, new MachinePublicIps(), none),
            () -> NOW);
    machines = new MachineService(database, rows, events, jobs, snapshots, addresses, () -> NOW);
    power = new PowerService(database, rows, events, jobs, none, snapshots, () -> NOW);
    var teams = new TeamService(database, new TeamRepository(), () -> NOW);
    team = teams.team("a").id();
    other = teams.team("b").id();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String machine(MachineState state, MachineDisk disk) {
    var os = new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios");
    var machine = Machine.create(Ids.machine(), team, "m", state, "ny2", "C1", os, disk, CREATED);
    machines.adopt(machine);
    return machine.id();
  }

  private String launched(MachineState state) {
    return machine(
        state, MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), 50 * GB));
  }

  private static void assertRefused(Refusal.Reason reason, String text, Runnable work) {
    assertThatThrownBy(work::run)
        .hasMessageContaining(text)
        .isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void anotherTeamSeesNothingOfAMachine() {
    String id = launched(MachineState.OFF);
    assertThat(machines.get(team, id).id()).isEqualTo(id);
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> machines.get(other, id));
    assertRefused(
        Refusal.Reason.NOT_FOUND,
        id,
        () ->
            machines.update(
                other, id, new MachineChanges("mine", null, null, null, Automation.Change.NONE)));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> machines.delete(other, id));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> power.start(other, id));
  }

  @Test
  void aTypeIsChangedWhileTheMachineIsOffOnly() {
    String off = launched(MachineState.OFF);
    var updated =
        machines.update(
            team, off, new MachineChanges("renamed", "C2", null, null, Automation.Change.NONE));
    assertThat(updated.event()).isNull();
    assertThat(updated.machine().name()).isEqualTo("renamed");
    assertThat(updated.machine().machineType()).isEqualTo("C2");
    assertThat(updated.machine().dtModified()).isEqualTo(NOW);
    String on = launched(MachineState.READY);
    assertRefused(
        Refusal.Reason.CONFLICT,
        "currently ready",
        () ->
            machines.update(
                team, on, new MachineChanges("renamed", "C2", null, null, Automation.Change.NONE)));
    assertThat(machines.get(team, on).name()).isEqualTo("m");
    assertThat(
            machines
                .update(
                    team,
                    on,
                    new MachineChanges("renamed", "C1", null, null, Automation.Change.NONE))
                .machine()
                .name())
        .isEqualTo("renamed");
  }

  @Test
  void aDiskGrowsByAJob() {
    String id = launched(MachineState.READY);
    var updated =
        machines.update(
            team, id, new MachineChanges(null, null, 100, null, Automation.Change.NONE));
    assertThat(updated.event()).extracting(Event::name).isEqualTo(EventName.VM_UPGRADE);
    assertThat(updated.machine().state()).isEqualTo(MachineState.UPGRADING);
    assertThat(updated.machine().disk().bytes()).isEqualTo(100 * GB);
    assertRefused(
        Refusal.Reason.CONFLICT,
        "upgrading",
        () ->
            machines.update(
                team, id, new MachineChanges(null, null, 250, null, Automation.Change.NONE)));
  }

  @Test
  void aDiskNeverShrinksAndAnAdoptedOneIsItsOwners() {
    String id = machine(MachineState.OFF, launchedOf(100 * GB));
    assertRefused(
        Refusal.Reason.INVALID,
        "this one has 100 GB",
        () ->
            machines.update(
                team, id, new MachineChanges(null, null, 50, null, Automation.Change.NONE)));
    var file = new Disk.Adopted(Path.of("/d.raw"), DiskFormat.RAW);
    String adopted = machine(MachineState.OFF, MachineDisk.adopted(file, 50 * GB, null));
    assertRefused(
        Refusal.Reason.INVALID,
        "only its owner",
        () ->
            machines.update(
                team, adopted, new MachineChanges(null, null, 100, null, Automation.Change.NONE)));
  }

  private static MachineDisk launchedOf(long bytes) {
    return MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), bytes);
  }

  @Test
  void aMachineThatIsBeingCapturedIsNeitherDeletedNorGrown() {
    String id = launched(MachineState.OFF);
    database.change(
        handle -> jobs.create(handle, team, id, Ids.template(), EventName.TEMPLATE_CREATE));
    assertRefused(Refusal.Reason.CONFLICT, "is being captured", () -> machines.delete(team, id));
    assertRefused(
        Refusal.Reason.CONFLICT,
        "is being captured",
        () ->
            machines.update(
                team, id, new MachineChanges(null, null, 100, null, Automation.Change.NONE)));
    assertThat(machines.get(team, id).state()).isEqualTo(MachineState.OFF);
  }

  @Test
  void aDeletionCancelsWhatIsUnderWayAndLeavesTheRestToAJob() {
    String id = launched(MachineState.PROVISIONING);
    var launch =
        database.transaction(handle -> jobs.create(handle, team, id, null, EventName.CREATE));
    var deleted = machines.delete(team, id);
    assertThat(deleted.machine().dtDeleted()).isEqualTo(NOW);
    assertThat(deleted.event().name()).isEqualTo(EventName.DEACTIVATE);
    var cancelled = database.read(handle -> events.find(handle, launch.id())).orElseThrow();
    assertThat(cancelled.state()).isEqualTo(EventState.CANCELLED);
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> machines.get(team, id));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> machines.delete(team, id));
  }

  @Test
  void withoutAHypervisorNothingStarts() {
    String id = launched(MachineState.OFF);
    assertThat(power.hasHypervisor("ny2")).isFalse();
    assertRefused(
        Refusal.Reason.UNSUPPORTED, "platen doctor", () -> power.requireHypervisorIn("ny2"));
    assertRefused(Refusal.Reason.UNSUPPORTED, "can't run", () -> power.start(team, id));
    assertRefused(Refusal.Reason.UNSUPPORTED, "can't run", () -> power.stop(team, id));
    assertRefused(Refusal.Reason.UNSUPPORTED, "can't run", () -> power.restart(team, id));
    assertThat(machines.get(team, id).state()).isEqualTo(MachineState.OFF);
  }
}
