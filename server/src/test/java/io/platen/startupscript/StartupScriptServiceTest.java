package io.platen.startupscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineScripts;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.startupscript.StartupScriptService.Assigned;
import io.platen.startupscript.StartupScriptService.Content;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StartupScriptServiceTest {
  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");
  private static final Content HELLO =
      new Content(
          Optional.of("hello"),
          Optional.empty(),
          Optional.of("echo hello"),
          Optional.empty(),
          Optional.empty());

  private static final MachineDisk LAUNCHED =
      MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), 1 << 20);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private StartupScriptService scripts;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @SuppressWarnings("NullAway.Init")
  private String other;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    scripts =
        new StartupScriptService(
            database, new StartupScriptRepository(cursors), new MachineScripts(), () -> NOW);
    var teams = new TeamService(database, new TeamRepository(), () -> NOW);
    team = teams.team("a").id();
    other = teams.team("b").id();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String create() {
    return database.transaction(handle -> scripts.create(handle, team, HELLO)).script().id();
  }

  private String machine(String owner, String agentType, MachineDisk disk) {
    var os = new OperatingSystem(agentType, "", "x86_64", "bios");
    var machine =
        Machine.create(Ids.machine(), owner, "m", MachineState.OFF, "ny2", "C1", os, disk, NOW);
    database.change(handle -> machines.insert(handle, machine));
    return machine.id();
  }

  private String linux() {
    return machine(team, "LinuxHeadless", LAUNCHED);
  }

  private Assigned assign(String script, String machine) {
    return database.transaction(handle -> scripts.assign(handle, team, script, machine));
  }

  private static void assertRefused(Refusal.Reason reason, String text, Runnable work) {
    assertThatThrownBy(work::run)
        .hasMessageContaining(text)
        .isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void aMachineHasOneScriptAndAScriptManyMachines() {
    String first = create();
    String second = create();
    String one = linux();
    String two = linux();
    assertThat(assign(first, one).machineIds()).containsExactly(one);
    assertThat(assign(first, two).machineIds()).containsExactlyInAnyOrder(one, two);
    assertThat(assign(second, one).machineIds()).containsExactly(one);
    assertThat(scripts.get(team, first).machineIds()).containsExactly(two);
    database.change(handle -> scripts.unassign(handle, team, first, two));
    assertThat(scripts.get(team, first).machineIds()).isEmpty();
    assertRefused(
        Refusal.Reason.NOT_FOUND,
        "that has this startup script",
        () -> database.change(handle -> scripts.unassign(handle, team, first, two)));
  }

  @Test
  void whatIsLeftOutStaysAsItWas() {
    String id = create();
    var renamed =
        scripts.update(
            team,
            id,
            new Content(
                Optional.of("greeting"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(true)));
    assertThat(renamed.script().name()).isEqualTo("greeting");
    assertThat(renamed.script().script()).isEqualTo("echo hello");
    assertThat(renamed.script().isEnabled()).isTrue();
    assertThat(renamed.script().isRunOnce()).isTrue();
    assertThat(scripts.get(team, id)).isEqualTo(renamed);
  }

  @Test
  void aMachineThatCanNotRunItDoesNotGetIt() {
    String id = create();
    String windows = machine(team, "WindowsDesktop", LAUNCHED);
    assertRefused(Refusal.Reason.CONFLICT, "can't run it", () -> assign(id, windows));
    var file = new Disk.Adopted(directory.resolve("disk.raw"), DiskFormat.RAW);
    String adopted = machine(team, "LinuxHeadless", MachineDisk.adopted(file, 1 << 20, null));
    assertRefused(Refusal.Reason.CONFLICT, "was adopted", () -> assign(id, adopted));
    assertThat(scripts.get(team, id).machineIds()).isEmpty();
  }

  @Test
  void anotherTeamsScriptsAndMachinesAreNotThere() {
    String id = create();
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> scripts.get(other, id));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> scripts.update(other, id, HELLO));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> scripts.delete(other, id));
    String theirs = machine(other, "LinuxHeadless", LAUNCHED);
    assertRefused(Refusal.Reason.NOT_FOUND, theirs, () -> assign(id, theirs));
  }

  @Test
  void aDeletedScriptIsGoneFromItsMachines() {
    String id = create();
    String machine = linux();
    assign(id, machine);
    assertThat(scripts.delete(team, id).script().dtDeleted()).isEqualTo(NOW);
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> scripts.get(team, id));
    assertRefused(Refusal.Reason.NOT_FOUND, id, () -> assign(id, machine));
  }
}
