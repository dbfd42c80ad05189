package io.platen.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.DataDirectory;
import io.platen.config.ServerConfig;
import io.platen.disk.QcowOverlay;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventState;
import io.platen.launch.LaunchedDisks;
import io.platen.launch.RestoredDisk;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A restore that is given up, by a server that ends before it could end the event: the machine
 * keeps the disk that it has, and its row says so.
 */
final class RestoreGivenUpTest {
  private static final long MIB = 1 << 20;
  private static final String OLD = "1".repeat(64);
  private static final String NEW = "2".repeat(64);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final InstantSource clock = InstantSource.system();

  @SuppressWarnings("NullAway.Init")
  private Platen platen;

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private RestoredDisk disks;

  @SuppressWarnings("NullAway.Init")
  private Machine machine;

  @SuppressWarnings("NullAway.Init")
  private String snapshot;

  @BeforeEach
  void machineWithASnapshot() throws Exception {
    platen = Platen.open(ServerConfig.defaults(directory.resolve("data")), clock);
    data = platen.config().data();
    disks = new RestoredDisk(data);
    machine =
        Machine.create(
            Ids.machine(),
            platen.teams().team("a").id(),
            "m",
            MachineState.OFF,
            "ny2",
            "C5",
            new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios"),
            MachineDisk.over(new BaseTemplate("t1", OLD), MIB),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    Files.write(data.baseImage(OLD), new byte[4096]);
    Files.write(data.baseImage(NEW), new byte[4096]);
    Path own = Files.createDirectory(data.machine(machine.id()));
    String below = own.relativize(data.baseImage(OLD)).toString();
    QcowOverlay.create(data.machineDisk(machine.id()), data.baseImage(OLD), below, MIB);
    snapshot =
        platen
            .database()
            .transaction(
                handle -> {
                  platen.machineRows().insert(handle, machine);
                  var begun =
                      platen.snapshots().create(handle, machine.teamId(), machine.id(), "s");
                  String id = begun.snapshot().id();
                  platen.templateRows().complete(handle, id, MIB, NEW);
                  platen
                      .eventRows()
                      .cancelByTemplate(handle, id, EventName.SNAPSHOT_CREATE, clock.instant());
                  return id;
                });
  }

  @AfterEach
  void close() {
    platen.close();
  }

  private Event restore(boolean snapshotBefore) {
    return platen
        .database()
        .transaction(
            handle ->
                platen
                    .snapshots()
                    .restore(handle, machine.teamId(), snapshot, snapshotBefore)
                    .event());
  }

  /** As an attempt leaves it whose server ended after this step. */
  private void cutOffAfter(Event event, String step) {
    platen
        .database()
        .change(
            handle -> {
              assertThat(platen.eventRows().begin(handle, event.id(), "", clock.instant()))
                  .isTrue();
              assertThat(platen.eventRows().step(handle, event.id(), 1, step)).isTrue();
            });
  }

  /** Has the next attempt run, which fails and leaves the machine what it has. */
  private Event fails(Event event) throws Exception {
    try (var workers = Workers.open(platen, false)) {
      workers.jobs().runNow(event);
    }
    var ended = platen.events().find(event.id()).orElseThrow();
    assertThat(ended.state()).isEqualTo(EventState.ERROR);
    assertThat(LaunchedDisks.baseDigest(data.machineDisk(machine.id()))).contains(OLD);
    assertThat(data.machineRestoredDisk(machine.id())).doesNotExist();
    var now = platen.machines().get(machine.teamId(), machine.id());
    assertThat(now.disk().base()).isEqualTo(machine.disk().base());
    assertThat(now.state()).isEqualTo(MachineState.OFF);
    boolean standsOnBoth =
        platen
            .database()
            .<Boolean, RuntimeException>read(
                handle -> platen.machineRows().standsOn(handle, "", NEW));
    assertThat(standsOnBoth).isFalse();
    return ended;
  }

  @Test
  void whatIsGivenUpIsNotedBeforeTheNewDiskIsRemoved() throws Exception {
    // No disk to take the snapshot of that was asked for together with the restore.
    Files.delete(data.baseImage(OLD));
    assertThat(fails(restore(true)).step()).isEqualTo("given up");
  }

  @Test
  void anAttemptThatFindsItGivenUpRemovesTheNewDisk() throws Exception {
    var event = restore(false);
    disks.make(machine.id(), data.baseImage(NEW), MIB);
    cutOffAfter(event, "given up");
    assertThat(fails(event).error()).contains("given up");
  }

  @Test
  void theDiskThatAnEarlierRestoreKeptIsStillRemovedOnceTheMachineRuns() throws Exception {
    Files.createLink(data.machineFormerDisk(machine.id()), data.machineDisk(machine.id()));
    Files.delete(data.baseImage(NEW)); // nor has the store what it is made of
    fails(restore(false));
    assertThat(data.machineFormerDisk(machine.id())).exists();
    platen
        .database()
        .change(
            handle ->
                platen
                    .machineRows()
                    .changeState(handle, machine.id(), MachineState.READY, clock.instant()));
    var toLookAt =
        platen.database().read(handle -> platen.machineRows().runningWithOther(handle, ""));
    assertThat(toLookAt).containsExactly(machine.id());
  }

  @Test
  void aNewDiskThatIsGoneIsNotTakenForTheMachines() throws Exception {
    var event = restore(false);
    cutOffAfter(event, "made");
    assertThat(fails(event).error()).contains("restore the snapshot again");
  }
}
