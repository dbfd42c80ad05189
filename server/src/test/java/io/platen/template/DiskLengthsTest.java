package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.ImageRefused;
import io.platen.disk.OpenDisk;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineState;
import io.platen.model.OperatingSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskLengthsTest {
  private static Machine adopted(Disk.Adopted file, long bytes) {
    return Machine.create(
        "ps1",
        "te1",
        "old",
        MachineState.OFF,
        "ny2",
        "C5",
        new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios"),
        MachineDisk.adopted(file, bytes, null),
        Instant.EPOCH);
  }

  @Test
  void theFileThatIsOpenIsMeasuredAndNotTheOneThatTookItsName(@TempDir Path dir) throws Exception {
    var file = new Disk.Adopted(dir.resolve("disk.raw"), DiskFormat.RAW);
    Files.write(file.path(), new byte[1000]);
    Path other = Files.write(dir.resolve("other.raw"), new byte[2000]);
    var present = new PresentDisk.Still(file, null, null, null);
    try (var open = OpenDisk.open(file)) {
      Files.move(other, file.path(), StandardCopyOption.REPLACE_EXISTING);
      assertThat(DiskLengths.check(adopted(file, 1000), present, open)).isEqualTo(1000);
      var longer = adopted(file, 1001);
      assertThatThrownBy(() -> DiskLengths.check(longer, present, open))
          .isInstanceOf(ImageRefused.class)
          .hasMessageContaining("it has 1000 bytes, and had 1001");
    }
  }
}
