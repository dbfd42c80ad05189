package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What QEMU notes of writes to a machine's disk, read beside QEMU. */
class DirtyBitmapIT {
  private static final long MIB = 1 << 20;
  private static final long SIZE = 50L << 30;

  @TempDir Path dir;

  private Disk.Machine disk = new Disk.Machine(Path.of(""), Path.of(""));
  private final String bitmap = DirtyBitmap.newName("ps1");

  @BeforeEach
  void makeADisk() throws Exception {
    make(SIZE);
  }

  private void make(long size) throws Exception {
    Path base = Files.createDirectories(dir.resolve("cache")).resolve("base.raw");
    try (var file = new RandomAccessFile(base.toFile(), "rw")) {
      file.setLength(24 * MIB);
    }
    Path target = Files.createDirectories(dir.resolve("ps1")).resolve("disk.qcow2");
    Files.deleteIfExists(target);
    QcowOverlay.create(target, base, "../cache/base.raw", size);
    disk = new Disk.Machine(target, base);
  }

  private void write(long offset, long length) throws Exception {
    String command = "write -P 7 %d %d".formatted(offset, length);
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", command, "" + disk.path());
  }

  private Optional<List<Long>> written(long bytes) throws IOException {
    try (var open = OpenDisk.open(disk)) {
      return open.writtenSince(bitmap, bytes)
          .map(
              dirty -> {
                var pieces = new ArrayList<Long>();
                for (long at = 0; at < open.size(); at = dirty.endOfRun(at)) {
                  for (long piece = at;
                      dirty.isDirty(at) && piece < Math.min(open.size(), dirty.endOfRun(at));
                      piece += MIB) {
                    pieces.add(piece / MIB);
                  }
                }
                return pieces;
              });
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {24 * MIB, 24 * MIB + 512, SIZE, 600L << 30, 16_000L << 30})
  void whatIsWrittenIsMarkedAndTheLastPieceFromTheBeginning(long size) throws Exception {
    make(size);
    QemuImg.beginBitmap(disk, bitmap, "ps1", List.of());
    long last = (size - 1) / MIB;
    assertThat(written(size)).contains(List.of(last));
    var expected = new TreeSet<Long>(List.of(last));
    var random = new Random(size);
    for (int i = 0; i < 4; i++) {
      long at = random.nextLong(size / 512) * 512;
      long length = Math.min(size - at, random.nextLong(1, 6000) * 512);
      write(at, length);
      for (long piece = at / MIB; piece <= (at + length - 1) / MIB; piece++) {
        expected.add(piece);
      }
    }
    assertThat(written(size)).contains(List.copyOf(expected));
    assertThat(Shell.succeed("qemu-img", "check", "-f", "qcow2", "" + disk.path()))
        .contains("No errors");
    try (var left = Files.list(dir.resolve("ps1"))) {
      assertThat(left).containsExactly(disk.path());
    }
  }

  @Test
  void aBitmapThatMayHaveMissedSomethingCountsForNothing() throws Exception {
    assertThat(written(SIZE)).isEmpty();
    QemuImg.beginBitmap(disk, bitmap, "ps1", List.of());
    // A disk that was smaller when the bitmap is said to have begun would have its mark elsewhere.
    assertThat(written(SIZE - 2 * MIB)).isEmpty();
    assertThat(written(SIZE + 1)).isEmpty();

    Shell.succeed("qemu-img", "bitmap", "--disable", "" + disk.path(), bitmap);
    write(0, 512);
    assertThat(written(SIZE)).isEmpty();
    Shell.succeed("qemu-img", "bitmap", "--enable", "" + disk.path(), bitmap);
    assertThat(written(SIZE)).isPresent();

    // One that writes and knows of no bitmaps: it clears this bit of the header.
    byte[] header = Files.readAllBytes(disk.path());
    byte[] cleared = header.clone();
    cleared[95] &= ~1;
    Files.write(disk.path(), cleared);
    assertThat(written(SIZE)).isEmpty();
    Files.write(disk.path(), header);

    QemuImg.grow(disk, SIZE + MIB);
    assertThat(written(SIZE)).isPresent();
    Shell.succeed("qemu-img", "resize", "-q", "--shrink", "" + disk.path(), "40G");
    Shell.succeed("qemu-img", "resize", "-q", "" + disk.path(), "50G");
    assertThat(written(SIZE)).isEmpty();
  }

  @Test
  void oneThatQemuWasCutOffFromIsRemovedBeforeTheDiskGrows() throws Exception {
    QemuImg.beginBitmap(disk, bitmap, "ps1", List.of());
    Path socket = dir.resolve("s");
    var qemu =
        new ProcessBuilder("qemu-nbd", "-t", "-k", "" + socket, "-f", "qcow2", "" + disk.path())
            .start();
    await().until(() -> Files.exists(socket));
    qemu.destroyForcibly().waitFor();
    assertThat(written(SIZE)).isEmpty();
    assertThat(Shell.succeed("qemu-img", "info", "" + disk.path())).contains("in-use");
    QemuImg.grow(disk, SIZE + MIB);
    assertThat(Shell.succeed("qemu-img", "info", "" + disk.path())).doesNotContain(bitmap);
  }

  @Test
  void theNewestThatIsWantedStaysAndOtherPeoplesDo() throws Exception {
    String old = DirtyBitmap.newName("ps1");
    String older = DirtyBitmap.newName("ps1");
    Shell.succeed("qemu-img", "bitmap", "--add", "" + disk.path(), "theirs");
    for (var name : List.of(older, old)) {
      QemuImg.beginBitmap(disk, name, "ps1", List.of(old, older));
    }
    assertThat(Shell.succeed("qemu-img", "info", "" + disk.path())).contains(old, older, "theirs");
    QemuImg.beginBitmap(disk, bitmap, "ps1", List.of(old, older));
    assertThat(Shell.succeed("qemu-img", "info", "" + disk.path()))
        .contains(old, bitmap, "theirs")
        .doesNotContain(older);
  }

  @Test
  void aDamagedDirectoryNeitherFailsNorLies() throws Exception {
    QemuImg.beginBitmap(disk, bitmap, "ps1", List.of());
    byte[] whole = Files.readAllBytes(disk.path());
    int entry = indexOf(whole, bitmap.getBytes(StandardCharsets.UTF_8)) - 24;
    var random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] damaged = whole.clone();
      damaged[entry + random.nextInt(24)] ^= (byte) (1 << random.nextInt(8));
      Files.write(disk.path(), damaged);
      // Whatever it says, it is read with bounded memory, and without an error that is not told.
      var _ = written(SIZE);
    }
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int i = 0; i <= all.length - part.length; i++) {
      if (Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("it is not there");
  }
}
