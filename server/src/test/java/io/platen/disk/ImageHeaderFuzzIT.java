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
  private static final Map<Variant, Path> IMAGES = new EnumMap<>(Variant.class);
  private static @Nullable Path dir;

  /** Images whose tables are each of another kind. */
  enum Variant {
    QCOW2("qcow2"),
    SMALL("qcow2", "-o", "cluster_size=4k"),
    EXTENDED("qcow2", "-o", "extended_l2=on"),
    DEFLATED("qcow2", "-c"),
    ZSTD("qcow2", "-c", "-o", "compression_type=zstd"),
    VMDK("vmdk"),
    STREAM("vmdk", "-o", "subformat=streamOptimized"),
    VDI("vdi"),
    VHDX("vhdx");

    private final DiskFormat format;
    private final String options;

    Variant(String format, String... options) {
      this.format = DiskFormat.parse(format);
      this.options = String.join(" ", options);
    }

    String[] options() {
      return options.isEmpty() ? new String[0] : options.split(" ");
    }
  }

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
    for (Variant variant : Variant.values()) {
      Path image = made.resolve("image." + variant);
      IMAGES.put(variant, Shell.convert(raw, image, variant.format.label(), variant.options()));
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
            Arbitraries.longs().between(0x30000, 0x30100), // tables of qcow2
            Arbitraries.longs().between(0x40000, 0x40020),
            Arbitraries.longs().between(0x3000, 0x4020), // of small clusters
            Arbitraries.longs().between(0x2a00, 0x3000), // of VMDK: 21 sectors and on
            Arbitraries.longs().between(0x200000, 0x300020), // of VHDX
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

  @Property(tries = 4000)
  void aChangedHeaderIsRefusedOrRead(
      @ForAll Variant variant, @ForAll("changes") List<Change> changes) throws IOException {
    Path image = IMAGES.get(variant);
    if (image == null) {
      return;
    }
    byte[] before = new byte[8];
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      long length = file.length();
      List<Change> undo =
          changes.stream().map(c -> new Change(c.at(), read(file, c.at(), before.length))).toList();
      try {
        for (Change change : changes) {
          file.seek(change.at());
          file.write(change.array());
        }
        check(image, variant.format);
      } finally {
        for (Change change : undo.reversed()) {
          file.seek(change.at());
          file.write(change.array());
        }
        file.setLength(length);
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
