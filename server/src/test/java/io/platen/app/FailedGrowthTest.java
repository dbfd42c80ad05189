package io.platen.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.ServerConfig;
import io.platen.disk.QcowOverlay;
import io.platen.event.EventState;
import io.platen.machine.Automation;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineChanges;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that does not grow: its machine has the size that it has. */
final class FailedGrowthTest {
  private static final long MIB = 1 << 20;

  /** Where the table of an overlay is that leads to all others. */
  private static final long L1 = 3 << 16;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Test
  void aMachineHasTheSizeOfItsDiskThoughTheDiskIsDamagedOrWrittenTo() throws Exception {
    var clock = InstantSource.system();
    String digest = "1".repeat(64);
    try (var platen = Platen.open(ServerConfig.defaults(directory.resolve("data")), clock)) {
      var data = platen.config().data();
      var machine =
          Machine.create(
              Ids.machine(),
              platen.teams().team("a").id(),
              "m",
              MachineState.OFF,
              "ny2",
              "C5",
              new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios"),
              MachineDisk.over(new BaseTemplate("t1", digest), MIB),
              clock.instant().truncatedTo(ChronoUnit.MILLIS));
      platen.database().change(handle -> platen.machineRows().insert(handle, machine));
      Path base = Files.write(data.baseImage(digest), new byte[4096]);
      Path own = Files.createDirectory(data.machine(machine.id()));
      Path disk = data.machineDisk(machine.id());
      QcowOverlay.create(disk, base, own.relativize(base).toString(), MIB);
      try (var channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
        // As of a table that is on its way into the file.
        channel.write(ByteBuffer.allocate(8).putLong(0, 1 << 28), L1);
      }
      var begun =
          platen
              .machines()
              .update(
                  machine.teamId(),
                  machine.id(),
                  new MachineChanges(null, null, 50, null, Automation.Change.NONE));
      assertThat(begun.machine().disk().bytes()).isGreaterThan(MIB);
      var event = Objects.requireNonNull(begun.event());
      try (var workers = Workers.open(platen, false)) {
        workers.jobs().runNow(event);
      }
      assertThat(platen.events().find(event.id()).orElseThrow().state())
          .isEqualTo(EventState.ERROR);
      var now = platen.machines().get(machine.teamId(), machine.id());
      assertThat(now.disk().bytes()).isEqualTo(MIB);
      assertThat(now.state()).isEqualTo(MachineState.OFF);
    }
  }
}
