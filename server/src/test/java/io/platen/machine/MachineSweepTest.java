package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.catalog.CatalogFile;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.Workspaces;
import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.job.JobRunner;
import io.platen.job.JobService;
import io.platen.launch.BaseImages;
import io.platen.launch.Launch;
import io.platen.launch.OtherStores;
import io.platen.linux.Linux;
import io.platen.liveness.Watchdog;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.network.LibvirtNetworks;
import io.platen.network.PrivateNetworkRepository;
import io.platen.network.PublicIpRepository;
import io.platen.network.StaticAddresses;
import io.platen.node.Node;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.snapshot.SnapshotRepository;
import io.platen.snapshot.SnapshotsOfMachines;
import io.platen.startupscript.StartupScriptRepository;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sweep removes where there is no hypervisor, and what it leaves. */
final class MachineSweepTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int MANY = 5000;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);
  private final EventRepository eventRows = new EventRepository(cursors);
  private final RemovalRepository removals = new RemovalRepository();

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private FileChunkStore store;

  @SuppressWarnings("NullAway.Init")
  private Workspaces workspaces;

  @SuppressWarnings("NullAway.Init")
  private JobRunner jobs;

  @SuppressWarnings("NullAway.Init")
  private MachineSweep sweep;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @BeforeEach
  void open() throws IOException {
    data = new DataDirectory(directory.resolve("data"));
    data.create();
    database = Database.open(Database.sqliteUrl(data.database()));
    var teams = new TeamRepository();
    team = new TeamService(database, teams, () -> NOW).team("a").id();
    store = FileChunkStore.open(data.store());
    workspaces = new Workspaces(1);
    var watchdog = new Watchdog(System::nanoTime);
    jobs = new JobRunner(database, eventRows, () -> NOW, Map.of(), "this test", _ -> {}, watchdog);
    var networks = new PrivateNetworkRepository(cursors);
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
    var node = new Node(data, none, new OwnDomains(none, "in1", data));
    var indexStore = new FileIndexStore(data.indexes());
    var site = Site.of(ServerConfig.defaults(data.root()));
    var libvirtNetworks = new LibvirtNetworks(database, networks, none, "in1");
    var addresses =
        new StaticAddresses(
            database, new PublicIpRepository(cursors), new MachinePublicIps(), none);
    var launch =
        new Launch(
            data,
            new BaseImages(
                data,
                indexStore,
                new ImageReader(store, workspaces, 1),
                OtherStores.NONE,
                0,
                () -> digest -> true));
    var runs =
        new MachineRun(
            node,
            new DomainDefinition(
                node,
                CatalogFile.read(null),
                database,
                new MachineCards(none, libvirtNetworks, addresses, data),
                new StartupScriptRepository(cursors)));
    Consumer<List<String>> indexes =
        new IndexFiles(
                site,
                new StoreIdentity(site, database, "", () -> NOW),
                database,
                new TemplateRepository(cursors),
                Map::of)
            ::removeUnused;
    var snapshots =
        new SnapshotsOfMachines(
            new SnapshotRepository(cursors),
            new TemplateRepository(cursors),
            new TemplateDeletion(Duration.ZERO),
            machines,
            new JobService(database, eventRows, () -> NOW),
            () -> NOW);
    sweep =
        new MachineSweep(
            database,
            new MachineSweep.Parts(
                machines,
                removals,
                new Removal(
                    database,
                    machines,
                    removals,
                    launch,
                    runs,
                    snapshots,
                    new UndoneDeletions(data),
                    indexes,
                    () -> NOW),
                new MachineFiles(database, machines, teams, networks, data),
                new LostMachines(database, removals, node, indexStore),
                libvirtNetworks,
                addresses,
                indexes),
            jobs,
            node,
            watchdog);
  }

  @AfterEach
  void close() throws IOException {
    sweep.close();
    jobs.close();
    workspaces.close();
    store.close();
    database.close();
  }

  private String machine() {
    var machine =
        Machine.create(
            Ids.machine(),
            team,
            "m",
            MachineState.OFF,
            "ny2",
            "C1",
            new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
            MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), 1 << 20),
            NOW);
    database.change(handle -> machines.insert(handle, machine));
    return machine.id();
  }

  private String deleted() {
    String machine = machine();
    database.change(handle -> machines.delete(handle, machine, NOW));
    return machine;
  }

  private Path disk(String machine) throws IOException {
    Files.createDirectories(data.machine(machine));
    return Files.writeString(data.machineDisk(machine), "a disk");
  }

  private boolean isRemoved(String machine) {
    return database
        .<RemovalRepository.Known, RuntimeException>read(
            handle -> removals.find(handle, machine).orElseThrow())
        .equals(RemovalRepository.Known.REMOVED);
  }

  @Test
  void whatIsDeletedIsRemovedAndNothingElse() throws Exception {
    String deleted = deleted();
    disk(deleted);
    Files.writeString(data.machine(deleted).resolve("seed.iso"), "more");
    String present = machine();
    disk(present);
    String unknown = Ids.machine();
    disk(unknown);
    Files.createDirectories(data.machines().resolve("lost+found"));
    sweep.sweep();
    assertThat(data.machine(deleted)).doesNotExist();
    assertThat(isRemoved(deleted)).isTrue();
    assertThat(data.machineDisk(present)).hasContent("a disk");
    assertThat(data.machineDisk(unknown)).hasContent("a disk");
    assertThat(data.machines().resolve("lost+found")).exists();
    assertThat(MachineFile.read(data.machineFile(present), present).name()).isEqualTo("m");
    assertThat(data.machineFile(unknown)).doesNotExist();
  }

  @Test
  void whatMayRunStaysWhileLibvirtCantBeAsked() throws Exception {
    String machine = deleted();
    disk(machine);
    Files.writeString(data.machineDomain(machine), "<domain/>");
    sweep.sweep();
    assertThat(data.machineDisk(machine)).exists();
    assertThat(isRemoved(machine)).isFalse();
  }

  @Test
  void whatAJobIsAboutToRemoveIsLeftToIt() throws Exception {
    String machine = deleted();
    disk(machine);
    var requests = new JobService(database, eventRows, () -> NOW);
    database.change(handle -> requests.create(handle, team, machine, null, EventName.DEACTIVATE));
    sweep.sweep();
    assertThat(data.machineDisk(machine)).exists();
    database.change(
        handle ->
            assertThat(requests.cancelByMachine(handle, machine, EventName.DEACTIVATE)).isTrue());
    assertThat(
            jobs.unlessBusy(
                machine,
                () -> {
                  sweep.sweep();
                  assertThat(data.machineDisk(machine)).exists();
                }))
        .isTrue();
    sweep.sweep();
    assertThat(data.machineDisk(machine)).doesNotExist();
  }

  @Test
  void aDirectoryThatWasPutBackAfterTheRemovalStays() throws Exception {
    String machine = deleted();
    sweep.sweep();
    assertThat(isRemoved(machine)).isTrue();
    disk(machine);
    sweep.sweep();
    assertThat(data.machineDisk(machine)).exists();
  }

  @Test
  void aSnapshotBesideTheDiskThatAProgramWritesToStaysWithTheDisk() throws Exception {
    String machine = deleted();
    disk(machine);
    Path snapshot = Files.writeString(data.machine(machine).resolve("disk.s1"), "by others");
    int open = Linux.open(snapshot.toString());
    try {
      // As QEMU marks a file that it writes to, whatever domain it runs.
      Linux.lockShared(open, 101);
      sweep.sweep();
      assertThat(data.machineDisk(machine)).hasContent("a disk");
      assertThat(snapshot).hasContent("by others");
    } finally {
      Linux.close(open);
    }
    assertThat(isRemoved(machine)).isFalse();
  }

  @Test
  void aDeletionThatWasUndoneIsNotMadeUpForByAnOlderDatabase() throws Exception {
    String machine = deleted();
    disk(machine);
    new UndoneDeletions(data).note(machine, NOW.minusSeconds(1));
    new UndoneDeletions(data).note(machine, NOW);
    sweep.sweep();
    assertThat(data.machineDisk(machine)).hasContent("a disk");
    assertThat(isRemoved(machine)).isFalse();
    // Deleted anew, at another time.
    String again = deleted();
    disk(again);
    new UndoneDeletions(data).note(again, NOW.minusSeconds(1));
    sweep.sweep();
    assertThat(data.machine(again)).doesNotExist();
  }

  @Test
  void thousandsThatWereDeletedBeforeAreNotedTogether() throws Exception {
    database.change(
        handle ->
            handle.execute(
                """
                INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label, region,
                  architecture, firmware, disk_bytes, base_template_id, base_digest, dt_created, dt_modified, dt_deleted)
                WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
                SELECT 'psold' || n, ?, 'x', 'x', 'off', 'C1', 'LinuxHeadless', '', 'ny2',
                  'x86_64', 'bios', 1, 't' || n, 'x', 1, 1, 1
                FROM number
                """,
                MANY,
                team));
    long before = database.statements();
    sweep.sweep();
    assertThat(database.statements() - before).isLessThan(60);
    assertThat(
            database.<Integer, RuntimeException>read(
                handle ->
                    handle
                        .createQuery("SELECT COUNT(*) FROM machine WHERE dt_removed IS NOT NULL")
                        .mapTo(Integer.class)
                        .one()))
        .isEqualTo(MANY);
  }
}
