package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/** Whatever the bytes are: a typed refusal or a sane size, and little memory. */
class ImageHeaderFuzzIT {
  /** Structures that are read at once have at most 2 MiB. */
  private static final long MEMORY = 16 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Map<DiskFormat, Path> IMAGES = new EnumMap<>(DiskFormat.class);
  private static @Nullable Path dir;

  record Change(long at, List<Byte> bytes) {
    byte[] array() {
      byte[] array = new byte[bytes.size()];
      for (int i = 0; i < array.length; i++) {
        array[i] = bytes.get(i);
      }
      return array;
    }
  }

  @BeforeContainer
  static void makeImages() throws Exception {
    Path made = Files.createTempDirectory("fuzz");
    dir = made;
    Path raw = Files.write(made.resolve("disk.raw"), new byte[2 << 20]);
    Shell.patch(raw, 5000, (byte) 1);
    for (DiskFormat format : DiskFormat.values()) {
      if (format != DiskFormat.RAW) {
        IMAGES.put(format, Shell.convert(raw, made.resolve("image." + format), format.label()));
      }
    }
  }

  @AfterContainer
  static void removeImages() throws IOException, InterruptedException {
    if (dir != null) {
      Shell.succeed("rm", "-r", dir.toString());
    }
  }

  @Provide
  Arbitrary<List<Change>> changes() {
    Arbitrary<Long> anywhere =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 160), // headers
            Arbitraries.longs().between(320, 1600), // VDI fields, VMDK descriptor
            Arbitraries.longs().between(0x30000, 0x30100), // tables
            Arbitraries.longs().between(0, 0x50000));
    Arbitrary<List<Byte>> bytes =
        Arbitraries.oneOf(
            Arbitraries.bytes().list().ofMinSize(1).ofMaxSize(8),
            Arbitraries.of((byte) 0, (byte) -1, (byte) 127, (byte) -128)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8));
    return Combinators.combine(anywhere, bytes).as(Change::new).list().ofMinSize(1).ofMaxSize(4);
  }

  @Property(tries = 2000)
  void aChangedHeaderIsRefusedOrRead(
      @ForAll DiskFormat format, @ForAll("changes") List<Change> changes) throws IOException {
    Path image = IMAGES.get(format);
    if (image == null) {
      return;
    }
    byte[] before = new byte[8];
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      List<Change> undo =
          changes.stream().map(c -> new Change(c.at(), read(file, c.at(), before.length))).toList();
      try {
        for (Change change : changes) {
          file.seek(change.at());
          file.write(change.array());
        }
        check(image, format);
      } finally {
        for (Change change : undo.reversed()) {
          file.seek(change.at());
          file.write(change.array());
        }
      }
    }
  }

  @Property(tries = 300)
  void anyBytesAreRefusedOrRead(@ForAll DiskFormat format, @ForAll byte[] bytes)
      throws IOException {
    if (dir != null) {
      check(Files.write(dir.resolve("any"), bytes), format);
    }
  }

  private static List<Byte> read(RandomAccessFile file, long at, int count) {
    try {
      byte[] bytes = new byte[(int) Math.max(0, Math.min(count, file.length() - at))];
      file.seek(at);
      file.readFully(bytes);
      List<Byte> list = new ArrayList<>();
      for (byte b : bytes) {
        list.add(b);
      }
      return list;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(Path image, DiskFormat format) throws IOException {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      ImageHeader header = ImageHeader.read(image, format);
      assertThat(header.virtualSize()).isBetween(1L, ImageHeader.MAX_VIRTUAL_SIZE);
    } catch (ImageRefused e) {
      assertThat(e).hasMessageContaining(image.toString());
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(MEMORY);
  }
}
