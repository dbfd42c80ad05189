package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.platen.process.RunDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawDiskIT {
  private static final int MIB = 1 << 20;
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path dir;
  Path raw = Path.of("");

  @BeforeEach
  void makeADisk() throws IOException {
    raw = Shell.rawDisk(dir);
  }

  private record Run(long start, long end, boolean data) {}

  private static List<Run> runs(RawDisk disk) throws IOException {
    List<Run> runs = new ArrayList<>();
    long at = 0;
    while (at < disk.size()) {
      long data = disk.nextData(at);
      long end = data > at ? data : disk.nextHole(at);
      runs.add(new Run(at, end, data == at));
      at = end;
    }
    return runs;
  }

  /** Puts the disk together from what is said of it. */
  private static byte[] assemble(RawDisk disk) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(disk.size())];
    try (FileChannel channel = disk.openChannel()) {
      for (Run run : runs(disk)) {
        if (run.data()) {
          ByteBuffer target =
              ByteBuffer.wrap(bytes, (int) run.start(), (int) (run.end() - run.start()));
          while (target.hasRemaining()) {
            assertThat(channel.read(target, target.position())).isPositive();
          }
        }
      }
    }
    return bytes;
  }

  @Test
  void dataAndHolesAreThoseOfTheFile() throws IOException {
    try (RawDisk disk = RawDisk.open(raw)) {
      assertThat(runs(disk))
          .containsExactly(
              new Run(0, 3 * MIB, true),
              new Run(3 * MIB, 21 * MIB, false),
              new Run(21 * MIB, 24 * MIB, true));
    }
  }

  @Test
  void whatItSaysOfDataAndHolesIsEnoughToCopyTheDisk() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 20; round++) {
      Path file = dir.resolve("random");
      int size = 1 + random.nextInt(4 * MIB);
      Shell.truncate(file, size);
      for (int i = random.nextInt(12); i > 0; i--) {
        byte[] data = new byte[random.nextInt(100_000)];
        random.nextBytes(data);
        Shell.patch(file, random.nextInt(size), data);
      }
      try (RawDisk disk = RawDisk.open(file)) {
        assertThat(assemble(disk)).isEqualTo(Files.readAllBytes(file));
      }
      Files.delete(file);
    }
  }

  @Test
  void aDiskThatIsOneHoleHasNoData() throws IOException {
    Path empty = dir.resolve("empty");
    Shell.truncate(empty, 1L << 40);
    try (RawDisk disk = RawDisk.open(empty)) {
      assertThat(runs(disk)).containsExactly(new Run(0, 1L << 40, false));
    }
  }

  @Test
  void aDiskThatAMachineWritesIsLocked() throws Exception {
    Path socket = dir.resolve("w.sock");
    Process writer =
        new ProcessBuilder("qemu-nbd", "-t", "-f", "raw", "-k", socket.toString(), raw.toString())
            .inheritIO()
            .start();
    try {
      await().atMost(SOON).until(() -> RunDirectory.isListening(socket));
      assertThat(NbdGreeting.exportSize(socket, SOON)).isEqualTo(24 << 20);
      assertThatThrownBy(() -> RawDisk.open(raw))
          .isInstanceOf(DiskLocked.class)
          .hasMessageContaining(raw.toString())
          .hasMessageContaining("shut the machine");
    } finally {
      writer.destroy();
      writer.waitFor();
    }
    RawDisk.open(raw).close();
  }

  @Test
  void noMachineCanStartToWriteWhileItIsOpen() throws Exception {
    String[] write = {"qemu-io", "-f", "raw", "-c", "write 0 4k", raw.toString()};
    try (RawDisk disk = RawDisk.open(raw)) {
      Shell.Result result = Shell.run(write);
      assertThat(result.status()).isNotZero();
      assertThat(result.output()).contains("lock");
      disk.checkUnchanged();
    }
    Shell.succeed(write);
  }

  @Test
  void othersCanReadItMeanwhile() throws Exception {
    try (RawDisk one = RawDisk.open(raw);
        RawDisk two = RawDisk.open(raw)) {
      Shell.succeed("qemu-io", "-r", "-f", "raw", "-c", "read 0 4k", raw.toString());
      assertThat(one.size()).isEqualTo(two.size());
    }
    try (Served served =
            Served.open(
                new Disk.Adopted(raw, DiskFormat.RAW), RunDirectory.open(dir.resolve("run")), 1);
        RawDisk disk = RawDisk.open(raw)) {
      assertThat(disk.size()).isEqualTo(served.nbd().size());
    }
  }

  @Test
  void aWriterThatTakesNoLocksIsFoundOut() throws IOException {
    try (RawDisk disk = RawDisk.open(raw)) {
      disk.checkUnchanged();
      Shell.patch(raw, 5, (byte) 1);
      assertThatThrownBy(disk::checkUnchanged)
          .isInstanceOf(DiskChanged.class)
          .hasMessageContaining(raw.toString())
          .hasMessageContaining("try again");
    }
  }

  @Test
  void aDiskThatShrinksIsFoundOut() throws IOException {
    try (RawDisk disk = RawDisk.open(raw)) {
      Shell.truncate(raw, MIB);
      assertThatThrownBy(disk::checkUnchanged).isInstanceOf(DiskChanged.class);
      // Whoever walks along its holes gets to its end all the same.
      assertThat(runs(disk)).last().extracting(Run::end).isEqualTo(24L * MIB);
    }
  }

  @Test
  void aFileThatTakesItsNameIsNotTheDisk() throws IOException {
    byte[] before = Files.readAllBytes(raw);
    Path other = dir.resolve("other");
    Shell.truncate(other, 24 * MIB);
    try (RawDisk disk = RawDisk.open(raw)) {
      Files.move(other, raw, StandardCopyOption.REPLACE_EXISTING);
      assertThat(assemble(disk)).isEqualTo(before);
      disk.checkUnchanged();
    }
  }

  @Test
  void aBlockDeviceIsAllData() throws Exception {
    Shell.Result loop = Shell.run("losetup", "--find", "--show", "--read-only", raw.toString());
    assumeThat(loop.status()).as("needs the right to set up a loop device").isZero();
    String device = loop.output().strip();
    try (RawDisk disk = RawDisk.open(Path.of(device))) {
      assertThat(runs(disk)).containsExactly(new Run(0, 24 * MIB, true));
      assertThat(assemble(disk)).isEqualTo(Files.readAllBytes(raw));
      disk.checkUnchanged();
    } finally {
      Shell.succeed("losetup", "--detach", device);
    }
  }

  @Test
  void whatIsNoDiskIsRefusedInWords() throws Exception {
    assertThatThrownBy(() -> RawDisk.open(dir))
        .isInstanceOf(DiskUnreadable.class)
        .hasMessageContaining("neither a file nor a block device");
    assertThatThrownBy(() -> RawDisk.open(dir.resolve("none")))
        .isInstanceOf(DiskUnreadable.class)
        .hasMessageContaining("does not exist");
    Path fifo = dir.resolve("fifo");
    Shell.succeed("mkfifo", fifo.toString());
    assertThatThrownBy(() -> RawDisk.open(fifo)).isInstanceOf(DiskUnreadable.class);
  }

  @Test
  void closedItSaysSo() throws IOException {
    RawDisk disk = RawDisk.open(raw);
    disk.close();
    disk.close();
    assertThatThrownBy(() -> disk.nextData(0)).hasMessageContaining("closed");
    assertThatThrownBy(disk::openChannel).hasMessageContaining("closed");
  }

  @Test
  void openAndCloseLeavesNoDescriptorBehind() throws IOException {
    RawDisk.open(raw).close();
    int before = descriptors();
    for (int i = 0; i < 200; i++) {
      RawDisk.open(raw).close();
    }
    assertThat(descriptors()).isLessThan(before + 100);
  }

  private static int descriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return (int) files.count();
    }
  }

  private Optional<String> print(Duration later) throws IOException {
    try (RawDisk disk = RawDisk.open(raw)) {
      return disk.print(Instant.now().plus(later));
    }
  }

  @Test
  void aPrintStaysTheSameUntilTheFileIsWrittenToOrReplaced() throws Exception {
    var later = Duration.ofHours(1);
    String before = print(later).orElseThrow();
    assertThat(print(later.plusHours(1))).contains(before);
    try (var channel = FileChannel.open(raw, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1}), 0);
    }
    String written = print(later).orElseThrow();
    assertThat(written).isNotEqualTo(before);
    // Whoever sets the time back, does not set back when that was.
    Files.setLastModifiedTime(raw, FileTime.fromMillis(0));
    String dated = print(later).orElseThrow();
    assertThat(dated).isNotEqualTo(written);
    Path copy = Files.copy(raw, dir.resolve("copy"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(copy, raw, StandardCopyOption.REPLACE_EXISTING);
    assertThat(print(later)).isPresent().isNotEqualTo(Optional.of(dated));
  }

  @Test
  void aFileThatWasWrittenToJustNowHasNoPrint() throws Exception {
    try (var channel = FileChannel.open(raw, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1}), 0);
    }
    try (RawDisk disk = RawDisk.open(raw)) {
      var modified = Files.getLastModifiedTime(raw).toInstant();
      assertThat(disk.print(modified)).isEmpty();
      assertThat(disk.print(modified.plusMillis(2900))).isEmpty();
      assertThat(disk.print(modified.plusSeconds(60))).isPresent();
    }
  }
}
