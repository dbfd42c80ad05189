package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.QcowOverlay;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.launch.RestoredDisk;
import io.platen.model.OperatingSystem;
import io.platen.network.PrivateNetworkRepository;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that is older than the disks of its machines follows them. */
final class DiskBasesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plusSeconds(60);
  private static final BaseTemplate FIRST = new BaseTemplate("tfirst", "0".repeat(64));
  private static final BaseTemplate SECOND = new BaseTemplate("tsecond", "1".repeat(64));
  private static final int BYTES = 1 << 20;
  private static final String ID = "psone";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);
  private final EventRepository events = new EventRepository(cursors);
  private final TeamRepository teams = new TeamRepository();

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private Machine machine;

  @BeforeEach
  void open() throws IOException {
    data = new DataDirectory(directory.resolve("data"));
    data.create();
    database = Database.open(Database.sqliteUrl(data.database()));
    String team = new TeamService(database, teams, () -> NOW).team("a").id();
    machine = machine(team, FIRST, BYTES);
    database.change(handle -> machines.insert(handle, machine, ""));
    Files.createDirectories(data.machine(ID));
    for (var base : List.of(FIRST, SECOND)) {
      Files.write(data.baseImage(base.indexDigest()), new byte[BYTES]);
    }
  }

  private static Machine machine(String team, BaseTemplate base, long bytes) {
    return Machine.create(
        ID,
        team,
        "one",
        MachineState.OFF,
        "ny2",
        "C5",
        new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
        MachineDisk.over(base, bytes),
        NOW);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void makeDisk(BaseTemplate base) throws IOException {
    Path image = data.baseImage(base.indexDigest());
    QcowOverlay.create(
        data.machineDisk(ID), image, data.machine(ID).relativize(image).toString(), BYTES);
  }

  private void describe(BaseTemplate base, long bytes) throws IOException {
    new MachineFiles(database, machines, teams, new PrivateNetworkRepository(cursors), data)
        .write(machine(machine.teamId(), base, bytes));
  }

  private Optional<BaseTemplate> other() {
    return database.read(handle -> machines.other(handle, ID));
  }

  private MachineDisk corrected() throws IOException {
    var all = database.read(handle -> machines.listOn(handle, ""));
    new DiskBases(database, machines, events, data, () -> LATER).correct(all);
    return database.read(handle -> machines.require(handle, ID)).disk();
  }

  @Test
  void aMachineThatWasRestoredAndGrownSinceIsWhatItsDiskSays() throws Exception {
    makeDisk(SECOND);
    describe(SECOND, 3 * BYTES);
    assertThat(corrected()).isEqualTo(MachineDisk.over(SECOND, 3 * BYTES));
    assertThat(database.read(handle -> machines.require(handle, ID)).dtModified()).isEqualTo(LATER);
    assertThat(other()).isEmpty();
  }

  @Test
  void theDiskThatARestoreKeepsIsKnownAgain() throws Exception {
    makeDisk(FIRST);
    describe(SECOND, BYTES);
    Path image = data.baseImage(SECOND.indexDigest());
    var restore = new RestoredDisk(data);
    restore.make(ID, image, BYTES);
    restore.swap(ID);
    assertThat(corrected()).isEqualTo(MachineDisk.over(SECOND, BYTES));
    assertThat(other()).contains(FIRST);
  }

  @Test
  void aDescriptionThatContradictsTheDiskIsNotFollowed() throws Exception {
    makeDisk(FIRST);
    describe(SECOND, 3 * BYTES);
    assertThat(corrected()).isEqualTo(MachineDisk.over(FIRST, BYTES));
  }

  @Test
  void aBaseThatNobodyKnowsIsNotGuessed() throws Exception {
    makeDisk(SECOND);
    assertThat(corrected()).isEqualTo(MachineDisk.over(FIRST, BYTES));
  }

  @Test
  void whatIsUnderWayIsLeftToItsJob() throws Exception {
    makeDisk(SECOND);
    describe(SECOND, BYTES);
    var jobs = new JobService(database, events, () -> NOW);
    database.change(
        handle -> jobs.create(handle, machine.teamId(), ID, null, EventName.SNAPSHOT_RESTORE));
    assertThat(corrected()).isEqualTo(MachineDisk.over(FIRST, BYTES));
  }
}
