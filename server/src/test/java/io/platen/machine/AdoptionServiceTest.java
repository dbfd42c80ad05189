package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.catalog.CatalogFile;
import io.platen.config.HypervisorSettings;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adoption without a libvirt; RunningMachineIT adopts domains. */
final class AdoptionServiceTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  private final MachineRepository machines = new MachineRepository(new Cursors(new byte[32]));

  @SuppressWarnings("NullAway.Init")
  private TeamService teams;

  @SuppressWarnings("NullAway.Init")
  private AdoptionService adoption;

  @BeforeEach
  void open() throws IOException {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    teams = new TeamService(database, new TeamRepository(), () -> NOW);
    var none = new Hypervisor(HypervisorSettings.DEFAULT.with(HypervisorSettings.Mode.NONE));
    adoption =
        new AdoptionService(database, machines, teams, CatalogFile.read(null), none, () -> NOW);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Disk.Adopted disk() throws IOException {
    Path file = Files.write(directory.resolve("disk.raw"), new byte[4096]);
    return new Disk.Adopted(file, DiskFormat.RAW);
  }

  private static AdoptionService.Wish wish(
      @Nullable String name, String region, @Nullable String type) {
    return new AdoptionService.Wish(name, "a", region, type, "Debian 13", "LinuxHeadless");
  }

  @Test
  void aDiskBecomesAMachineThatIsOff() throws Exception {
    var adopted = adoption.adoptDisk(wish(" web ", "East Coast (NY2)", null), disk());
    String id = adopted.machine().id();
    var machine = database.read(handle -> machines.find(handle, id)).orElseThrow();
    assertThat(machine.teamId()).isEqualTo(teams.team("a").id());
    assertThat(machine).isEqualTo(adopted.machine());
    assertThat(machine.name()).isEqualTo("web");
    assertThat(machine.state()).isEqualTo(MachineState.OFF);
    assertThat(machine.region()).isEqualTo("ny2");
    assertThat(machine.machineType()).isEqualTo("C5");
    assertThat(machine.os().label()).isEqualTo("Debian 13");
    assertThat(machine.domain()).isEmpty();
    assertThat(machine.disk()).isEqualTo(MachineDisk.adopted(disk(), 4096, null));
    assertThat(machine.dtCreated()).isEqualTo(NOW);
    assertThat(adopted.remark()).isEmpty();
  }

  @Test
  void allThatIsWrongIsToldAtOnceAndNothingIsTakenOn() throws Exception {
    var file = disk();
    assertThatThrownBy(() -> adoption.adoptDisk(wish("", "mars", "X1"), file))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("name must not be empty")
        .hasMessageContaining("region: \"mars\" is not one of")
        .hasMessageContaining("machineType: \"X1\" is not one of");
    assertThatThrownBy(() -> adoption.adoptDisk(wish("web", "ams1", "H100"), file))
        .hasMessageContaining("H100 is not offered in ams1");
    assertThat(database.read(machines::listAll)).isEmpty();
  }

  @Test
  void aDiskThatIsNotThereIsNamed() {
    var missing = new Disk.Adopted(directory.resolve("none.qcow2"), DiskFormat.QCOW2);
    assertThatThrownBy(() -> adoption.adoptDisk(wish("web", "ny2", null), missing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.qcow2");
  }

  @Test
  void withoutAHypervisorThereAreNoDomains() {
    assertThatThrownBy(adoption::domains)
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("platen doctor");
    assertThatThrownBy(() -> adoption.adoptDomain(wish(null, "ny2", null), "web"))
        .isInstanceOf(HypervisorException.class);
  }
}
