package io.platen.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Extent;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.disk.Disk;
import io.platen.disk.DiskChanged;
import io.platen.disk.DiskLocked;
import io.platen.disk.OpenDisk;
import io.platen.disk.QcowOverlay;
import io.platen.disk.Shell;
import io.platen.process.RunDirectory;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside QEMU, which wrote the disks, and reads them another way. */
final class OverlayImageSourceIT {
  private static final int MIB = 1 << 20;

  /** More than one L2 table describes: 512 MiB. */
  private static final long SIZE = 515L * MIB;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  private Disk.Machine disk = new Disk.Machine(Path.of(""), Path.of(""));

  @BeforeEach
  void place() throws IOException {
    Path cache = Files.createDirectories(dir.resolve("cache"));
    Path machine = Files.createDirectories(dir.resolve("machines/ps1"));
    disk = new Disk.Machine(machine.resolve("disk.qcow2"), cache.resolve("base.raw"));
  }

  /** A base image of any size, with holes, and an overlay over it that nothing was written to. */
  private void make(Random random) throws IOException {
    int size = 1 + random.nextInt(8 * MIB);
    Shell.truncate(disk.base(), size);
    for (int i = 0; i < 5; i++) {
      byte[] data = new byte[1 + random.nextInt(size)];
      random.nextBytes(data);
      Shell.patch(disk.base(), random.nextInt(size - data.length + 1), data);
    }
    QcowOverlay.create(disk.path(), disk.base(), "../../cache/base.raw", SIZE);
  }

  /** As a guest does it: writes of all kinds, here and there, near each other and far off. */
  private void use(Random random) throws Exception {
    List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2", "-d", "unmap"));
    for (int i = 0; i < 60; i++) {
      long place = random.nextInt(4) == 0 ? 511L * MIB : random.nextInt(12) * (long) MIB;
      long offset = place + 512L * random.nextInt(2048);
      long length = 512L * (1 + random.nextInt(random.nextBoolean() ? 64 : 2048));
      String range = " %d %d".formatted(offset, length);
      command.add("-c");
      command.add(
          switch (random.nextInt(5)) {
            case 0 -> "write -z" + range;
            case 1 -> "write -z -u" + range;
            case 2 -> "discard" + range;
            default -> "write -P " + random.nextInt(256) + range;
          });
    }
    command.add(disk.path().toString());
    Shell.succeed(command.toArray(String[]::new));
  }

  /** What QEMU reads from the disk. */
  private Path expected() throws Exception {
    Path raw = dir.resolve("expected.raw");
    Shell.succeed(
        "qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk.path().toString(), raw.toString());
    return raw;
  }

  private static List<Extent> extents(OverlayImageSource source) throws IOException {
    var found = new ArrayList<Extent>();
    try (var extents = source.openExtents()) {
      long end = 0;
      for (var extent = extents.next(); extent != null; extent = extents.next()) {
        assertThat(extent.offset()).isEqualTo(end);
        assertThat(extent.length()).isPositive();
        end += extent.length();
        found.add(extent);
      }
      assertThat(end).isEqualTo(source.size());
    }
    return found;
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    var bytes = ByteBuffer.allocateDirect(length);
    while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {
      // On to the rest; what lies behind the end of the file stays zeros.
    }
    return bytes.clear();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyByteIsTheOneThatQemuReads(long seed) throws Exception {
    var random = new Random(seed);
    make(random);
    use(random);
    long baseSize = Files.size(disk.base());
    // Mostly the index of the base image; there is none where its template was lost.
    long parentSize = seed % 4 == 0 ? 0 : baseSize;
    try (var open = OpenDisk.open(disk);
        var qemu = FileChannel.open(expected());
        var base = FileChannel.open(disk.base())) {
      var source = new OverlayImageSource(open.overlay().orElseThrow(), parentSize);
      assertThat(source.size()).isEqualTo(SIZE);
      try (var reader = source.openReader()) {
        for (var extent : extents(source)) {
          for (long at = extent.offset(); at < extent.offset() + extent.length(); at += MIB) {
            int length = (int) Math.min(MIB, extent.offset() + extent.length() - at);
            var bytes = read(qemu, at, length);
            switch (extent.kind()) {
              case ZERO -> assertThat(bytes).isEqualTo(ByteBuffer.allocate(length));
              case PARENT -> {
                assertThat(at + length).isLessThanOrEqualTo(parentSize);
                assertThat(bytes).isEqualTo(read(base, at, length));
              }
              case DATA -> {}
            }
          }
        }
        // In pieces of all sizes, in no order.
        List<Long> pieces = new ArrayList<>();
        for (long at = 0; at < SIZE; at += MIB) {
          pieces.add(at);
        }
        Collections.shuffle(pieces, random);
        for (long at : pieces) {
          long start = Math.min(at + random.nextInt(MIB), SIZE - 1);
          int length = (int) Math.min(1 + random.nextInt(MIB), SIZE - start);
          var bytes = ByteBuffer.allocateDirect(length);
          reader.read(start, bytes);
          assertThat(bytes.hasRemaining()).isFalse();
          assertThat(bytes.flip()).as("from %d", start).isEqualTo(read(qemu, start, length));
        }
      }
      source.checkUnchanged();
    }
  }

  @Test
  void aLaunchedMachineIsCapturedWithoutAProcess() throws Exception {
    make(new Random(1));
    var run = RunDirectory.open(dir.resolve("run"));
    try (var workspaces = new Workspaces(4);
        var store = FileChunkStore.open(dir.resolve("x.castr"))) {
      var indexes = new FileIndexStore(dir);
      var capture = new Capture(new ImageWriter(store, indexes, workspaces, 2), indexes, run, 2);
      // No qemu-nbd finds a place for its socket now.
      Shell.succeed("rm", "-r", dir.resolve("run").toString());
      try (var open = OpenDisk.open(disk)) {
        capture.run(open, null, "a", ProgressListener.NONE, new Cancellation());
      }
      assertThat(dir.resolve("a.caibx")).exists();
      Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -c 0 64k", disk.path().toString());
      try (var open = OpenDisk.open(disk)) {
        assertThatThrownBy(
                () -> capture.run(open, null, "b", ProgressListener.NONE, new Cancellation()))
            .isInstanceOf(ToolFailed.class);
      }
    }
  }

  @Test
  void aDamagedOverlayIsRefusedOrReadToItsEnd() throws Exception {
    var random = new Random(1);
    make(random);
    use(random);
    byte[] good = Files.readAllBytes(disk.path());
    int l1 = 3 << 16;
    int l2 = (int) (ByteBuffer.wrap(good).getLong(l1) & 0xffff_ffffL);
    int[] places = {8, 24, 36, 40, 72, 100, l1, l1 + 8, l2, l2 + 8, l2 + 8 * 40};
    int read = 0;
    for (int i = 0; i < 400; i++) {
      int place = places[random.nextInt(places.length)] + random.nextInt(8);
      byte[] bytes = new byte[1 + random.nextInt(3)];
      random.nextBytes(bytes);
      Shell.patch(disk.path(), place, bytes);
      read += readAll() ? 1 : 0;
      Shell.patch(disk.path(), place, Arrays.copyOfRange(good, place, place + bytes.length));
    }
    // Some changes make another disk, as good as any.
    assertThat(read).isBetween(1, 399);
    assertThat(readAll()).isTrue();
  }

  /** Whether the disk can be read; where it can't, that is said in the usual way. */
  private boolean readAll() throws IOException {
    try (var open = OpenDisk.open(disk)) {
      var overlay = open.overlay().orElseThrow(() -> new IOException("left to QEMU"));
      var source = new OverlayImageSource(overlay, 0);
      try (var reader = source.openReader()) {
        for (var extent : extents(source).stream().limit(200).toList()) {
          reader.read(
              extent.offset(), ByteBuffer.allocateDirect((int) Math.min(MIB, extent.length())));
        }
      }
      return true;
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }

  @Test
  void anUntouchedDiskIsItsBaseImageAndZeros() throws Exception {
    make(new Random(1));
    long baseSize = Files.size(disk.base());
    try (var open = OpenDisk.open(disk)) {
      var overlay = open.overlay().orElseThrow();
      var kinds = extents(new OverlayImageSource(overlay, baseSize)).stream().map(Extent::kind);
      assertThat(kinds)
          .startsWith(Extent.Kind.PARENT)
          .doesNotContain(Extent.Kind.DATA)
          .endsWith(Extent.Kind.ZERO);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"compat=0.10", "extended_l2=on", "cluster_size=128k", "cluster_size=32k"})
  void whatPlatenDoesNotWriteIsLeftToQemu(String option) throws Exception {
    make(new Random(1));
    Files.delete(disk.path());
    Shell.succeed(
        "qemu-img",
        "create",
        "-f",
        "qcow2",
        "-o",
        option,
        "-F",
        "raw",
        "-b",
        "../../cache/base.raw",
        disk.path().toString(),
        Long.toString(SIZE));
    try (var open = OpenDisk.open(disk)) {
      assertThat(open.overlay()).isEmpty();
    }
  }

  @Test
  void aDiskWithACompressedClusterIsLeftToQemu() throws Exception {
    make(new Random(1));
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -c -P 1 511M 64k", disk.path().toString());
    try (var open = OpenDisk.open(disk)) {
      assertThat(open.overlay()).isEmpty();
    }
  }

  @Test
  void aDiskThatIsWrittenToMeanwhileIsToldFromOneWhoseBaseIsUsed() throws Exception {
    make(new Random(1));
    try (var open = OpenDisk.open(disk)) {
      var source = new OverlayImageSource(open.overlay().orElseThrow(), 0);
      Files.setLastModifiedTime(disk.base(), FileTime.from(Instant.EPOCH));
      source.checkUnchanged();
      Shell.patch(disk.path(), 300 << 10, (byte) 1);
      assertThatThrownBy(source::checkUnchanged).isInstanceOf(DiskChanged.class);
    }
  }

  @Test
  void aDiskThatAMachineUsesIsLocked() throws Exception {
    make(new Random(1));
    Process machine =
        new ProcessBuilder("qemu-io", "-f", "qcow2", disk.path().toString())
            .redirectErrorStream(true)
            .start();
    try (var answers = machine.inputReader();
        var commands = machine.outputWriter()) {
      commands.write("write 0 512\n");
      commands.flush();
      // It prompts without an end of line; the answer to the write ends with one.
      assertThat(answers.readLine()).contains("wrote 512/512 bytes");
      assertThatThrownBy(() -> OpenDisk.open(disk)).isInstanceOf(DiskLocked.class);
    } finally {
      machine.destroyForcibly().waitFor();
    }
    OpenDisk.open(disk).close();
  }
}
