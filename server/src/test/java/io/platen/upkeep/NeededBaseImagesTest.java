package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.FileChunkStore;
import io.platen.config.DataDirectory;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.disk.QcowOverlay;
import io.platen.launch.LaunchedDisks;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.Template;
import io.platen.template.TemplateRepository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NeededBaseImagesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final OperatingSystem OS =
      new OperatingSystem("LinuxHeadless", "", "x86_64", "bios");
  private static final int MIB = 1 << 20;
  private static final String OLD = "0a".repeat(32);
  private static final String RESTORED = "0b".repeat(32);
  private static final String UNUSED = "0c".repeat(32);
  private static final String UNKNOWN = "0d".repeat(32);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final MachineRepository machines = new MachineRepository(new Cursors(new byte[32]));
  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private StoreMatch match;

  @SuppressWarnings("NullAway.Init")
  private NeededBaseImages needed;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @BeforeEach
  void open() throws Exception {
    data = new DataDirectory(directory.resolve("data"));
    data.create();
    var site = Site.of(ServerConfig.defaults(data.root()));
    FileChunkStore.open(data.store()).close();
    database = Database.open(Database.sqliteUrl(data.database()));
    team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    match =
        new StoreMatch(
            site,
            "the database",
            database,
            new StoreIdentity(site, database, "the database", InstantSource.system()));
    needed = new NeededBaseImages(new LaunchedDisks(data), database, machines, match);
    for (var digest : new String[] {OLD, RESTORED, UNUSED}) {
      template(digest);
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void template(String digest) {
    String id = Ids.template();
    database.change(
        handle -> {
          templates.insert(handle, Template.capturing(id, team, null, "t", "ny2", OS, MIB, NOW));
          templates.complete(handle, id, MIB, digest);
        });
  }

  /** A machine of which the database says that it stands on one image, with a disk over another. */
  private String machine(String recorded, String actual) throws Exception {
    var machine =
        Machine.create(
            Ids.machine(),
            team,
            "m",
            MachineState.OFF,
            "ny2",
            "C1",
            OS,
            MachineDisk.over(new BaseTemplate(Ids.template(), recorded), MIB),
            NOW);
    database.change(handle -> machines.insert(handle, machine));
    Path disk = data.machineDisk(machine.id());
    Files.createDirectories(data.machine(machine.id()));
    Path image = data.cache().resolve(actual + ".raw");
    Files.write(image, new byte[MIB]);
    QcowOverlay.create(disk, image, data.machine(machine.id()).relativize(image) + "", MIB);
    return machine.id();
  }

  @Test
  void whatADatabaseThatIsTheRightOneHasForgottenIsNotNeeded() throws Exception {
    database.change(handle -> handle.execute("UPDATE template SET dt_deleted = 1, dt_purged = 1"));
    machine(OLD, RESTORED);
    assertThat(match.check()).isEmpty();
    assertThat(needed.now()).accepts(OLD, RESTORED).rejects(UNUSED, UNKNOWN);
  }

  @Test
  void whatTheDatabaseOrADiskNamesIsNeededAndWhatNoTemplateHasWhileThatIsInDoubt()
      throws Exception {
    assertThat(match.check()).as("three templates without an index").isPresent();
    // As after a database was put back that is older than a restore of the machine.
    machine(OLD, RESTORED);
    var isNeeded = needed.now();
    assertThat(isNeeded).accepts(OLD, RESTORED, UNKNOWN).rejects(UNUSED);
  }

  @Test
  void aDiskThatCanNotBeReadKeepsEverything() throws Exception {
    Files.write(data.machineDisk(machine(OLD, OLD)), new byte[MIB]);
    assertThatThrownBy(needed::now).hasMessageContaining("no base image is removed");
  }
}
