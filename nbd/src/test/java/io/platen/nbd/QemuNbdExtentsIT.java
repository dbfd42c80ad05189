package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Extents as the real qemu-nbd tells them, and what it means by them. */
@Timeout(120)
class QemuNbdExtentsIT {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final long TIB = 1L << 40;

  @TempDir private Path directory;

  private static <T extends NbdRange<T>> List<T> all(NbdCursor<T> cursor) throws NbdException {
    List<T> ranges = new ArrayList<>();
    for (T range = cursor.next(); range != null; range = cursor.next()) {
      ranges.add(range);
    }
    return ranges;
  }

  private static NbdExtent data(long offset, long length, int depth) {
    return new NbdExtent(offset, length, false, false, depth);
  }

  private static NbdExtent hole(long offset, long length, int depth) {
    return new NbdExtent(offset, length, true, true, depth);
  }

  private Path qcow2(String name, String size, String... options) throws Exception {
    Path image = directory.resolve(name);
    List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    command.addAll(List.of(options));
    command.addAll(List.of(image.toString(), size));
    QemuNbd.run(command.toArray(String[]::new));
    return image;
  }

  private Path overlay(String name, String size, Path backing) throws Exception {
    return qcow2(name, size, "-b", backing.toString(), "-F", "qcow2");
  }

  @Test
  void aSingleImageHasDataAtDepthOneAndNothingAtDepthZero() throws Exception {
    Path image = qcow2("one.qcow2", "16M");
    QemuNbd.io("qcow2", image, "write -P 1 64k 64k", "write -z 4M 64k", "write -P 2 8M 1M");
    try (QemuNbd server = QemuNbd.serve("qcow2", image);
        NbdConnection connection = server.connect()) {
      assertThat(all(connection.extents()))
          .containsExactly(
              hole(0, 64 * KIB, 0),
              data(64 * KIB, 64 * KIB, 1),
              hole(128 * KIB, 4 * MIB - 128 * KIB, 0),
              // A zero cluster: it hides what a backing file has there, so it counts as here.
              hole(4 * MIB, 64 * KIB, 1),
              hole(4 * MIB + 64 * KIB, 4 * MIB - 64 * KIB, 0),
              data(8 * MIB, MIB, 1),
              hole(9 * MIB, 7 * MIB, 0));
    }
  }

  @Test
  void aChainOfThreeTellsTheLayerOfEachPiece() throws Exception {
    Path base = qcow2("base.qcow2", "8M");
    QemuNbd.io("qcow2", base, "write -P 1 0 64k", "write -P 2 4M 128k");
    Path middle = overlay("middle.qcow2", "8M", base);
    QemuNbd.io("qcow2", middle, "write -P 3 64k 64k", "write -z 4M 64k");
    Path top = overlay("top.qcow2", "12M", middle);
    QemuNbd.io("qcow2", top, "write -P 4 0 64k", "write -P 5 10M 64k");
    try (QemuNbd server = QemuNbd.serve("qcow2", top);
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isEqualTo(12 * MIB);
      assertThat(all(connection.extents()))
          .containsExactly(
              data(0, 64 * KIB, 1),
              data(64 * KIB, 64 * KIB, 2),
              hole(128 * KIB, 4 * MIB - 128 * KIB, 0),
              hole(4 * MIB, 64 * KIB, 2),
              data(4 * MIB + 64 * KIB, 64 * KIB, 3),
              hole(4 * MIB + 128 * KIB, 4 * MIB - 128 * KIB, 0),
              // The overlay is larger than what is below: QEMU counts the zeroes behind the end of
              // a backing file as that file's own, not as nowhere's.
              hole(8 * MIB, 2 * MIB, 2),
              data(10 * MIB, 64 * KIB, 1),
              hole(10 * MIB + 64 * KIB, 2 * MIB - 64 * KIB, 2));

      ByteBuffer end = ByteBuffer.allocate((int) (5 * MIB));
      connection.read(7 * MIB, end);
      assertThat(end.get((int) (3 * MIB - 1))).isZero();
      assertThat(end.get((int) (3 * MIB))).isEqualTo((byte) 5);
    }
  }

  @Test
  void aRawBackingFileOwnsItsHoles() throws Exception {
    Path base = directory.resolve("base.raw");
    QemuNbd.run("qemu-img", "create", "-q", "-f", "raw", base.toString(), "8M");
    QemuNbd.io("raw", base, "write -P 1 4M 64k");
    Path top = qcow2("top.qcow2", "8M", "-b", base.toString(), "-F", "raw");
    QemuNbd.io("qcow2", top, "write -P 2 1M 64k");
    try (QemuNbd server = QemuNbd.serve("qcow2", top);
        NbdConnection connection = server.connect()) {
      assertThat(all(connection.extents(NbdContext.ALLOCATION_DEPTH)))
          .containsExactly(
              new NbdStatus(0, MIB, 2),
              new NbdStatus(MIB, 64 * KIB, 1),
              new NbdStatus(MIB + 64 * KIB, 7 * MIB - 64 * KIB, 2));
      assertThat(all(connection.extents()))
          .contains(data(4 * MIB, 64 * KIB, 2))
          .endsWith(hole(4 * MIB + 64 * KIB, 4 * MIB - 64 * KIB, 2));
    }
  }

  @Test
  void zeroClustersAreHolesEvenWhereTheyKeepTheirSpace() throws Exception {
    Path image = qcow2("zeroed.qcow2", "1M");
    QemuNbd.io("qcow2", image, "write -P 1 0 128k", "write -z 0 64k");
    try (QemuNbd server = QemuNbd.serve("qcow2", image);
        NbdConnection connection = server.connect()) {
      assertThat(all(connection.extents()))
          .startsWith(hole(0, 64 * KIB, 1), data(64 * KIB, 64 * KIB, 1));
    }
  }

  @Test
  void aPartOfAnExportCanBeWalkedAlone() throws Exception {
    Path image = qcow2("part.qcow2", "16M");
    QemuNbd.io("qcow2", image, "write -P 1 4M 4M");
    try (QemuNbd server = QemuNbd.serve("qcow2", image);
        NbdConnection connection = server.connect()) {
      assertThat(all(connection.extents(3 * MIB, 2 * MIB)))
          .containsExactly(hole(3 * MIB, MIB, 0), data(4 * MIB, MIB, 1));
    }
  }

  @Test
  void sixteenTerabytesAreWalkedInBoundedMemory() throws Exception {
    Path image = qcow2("huge.qcow2", "16T");
    QemuNbd.io(
        "qcow2",
        image,
        "write -P 1 0 64k",
        "write -P 2 9T 64k",
        "write -P 3 " + (16 * TIB - 4 * MIB) + " 4M");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (QemuNbd server = QemuNbd.serve("qcow2", image);
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isEqualTo(16 * TIB);
      long before = threads.getCurrentThreadAllocatedBytes();
      assertThat(all(connection.extents()))
          .containsExactly(
              data(0, 64 * KIB, 1),
              hole(64 * KIB, 9 * TIB - 64 * KIB, 0),
              data(9 * TIB, 64 * KIB, 1),
              hole(9 * TIB + 64 * KIB, 7 * TIB - 64 * KIB - 4 * MIB, 0),
              data(16 * TIB - 4 * MIB, 4 * MIB, 1));
      // Garbage included: some 4100 requests of a few KiB each.
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(64 * MIB);
    }
  }

  @Test
  void manyPiecesCoverTheDiskExactlyAndHideNoData() throws Exception {
    Path image = directory.resolve("fragmented.raw");
    int pieces = 20_000;
    long step = 128 * KIB;
    try (FileChannel file =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < pieces; i++) {
        file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), i * step + 1000);
      }
      file.write(ByteBuffer.wrap(new byte[] {1}), pieces * step - 1);
    }
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = server.connect()) {
      long position = 0;
      long written = 0;
      NbdCursor<NbdExtent> cursor = connection.extents();
      for (NbdExtent e = cursor.next(); e != null; e = cursor.next()) {
        assertThat(e.offset()).isEqualTo(position);
        position = e.end();
        if (!e.zero()) {
          written += countStarts(e, step);
        }
      }
      assertThat(position).isEqualTo(connection.size());
      assertThat(written).isEqualTo(pieces);
    }
  }

  /** How many of the written places, 1000 into every step, lie in an extent. */
  private static long countStarts(NbdExtent extent, long step) {
    return Math.floorDiv(extent.end() - 1001, step) - Math.floorDiv(extent.offset() - 1001, step);
  }
}
