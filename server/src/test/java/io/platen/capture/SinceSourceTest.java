package io.platen.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Extent;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageSource;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.disk.DirtyRanges;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.jspecify.annotations.Nullable;

/** An earlier index and what was written since are the index of what is there now. */
class SinceSourceTest {
  private static final int MIB = 1 << 20;

  /** Of a disk in memory. */
  private static final int BLOCK = 64 << 10;

  private Path dir = Path.of("");

  @BeforeProperty
  void makeADirectory() throws IOException {
    dir = Files.createTempDirectory("since");
  }

  @AfterProperty
  void removeIt() throws IOException {
    try (var files = Files.walk(dir)) {
      for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  /** A disk in memory that says of its zero blocks that they are. */
  private static final class Memory implements ImageSource {
    private final byte[] bytes;

    Memory(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public long size() {
      return bytes.length;
    }

    private boolean isZero(int at) {
      int end = Math.min(bytes.length, at + BLOCK);
      return Arrays.equals(bytes, at, end, new byte[BLOCK], 0, end - at);
    }

    @Override
    public Extents openExtents() {
      return new Extents() {
        private int at;

        @Override
        public @Nullable Extent next() {
          if (at == bytes.length) {
            return null;
          }
          int start = at;
          boolean zero = isZero(start);
          while (at < bytes.length && isZero(at) == zero) {
            at = Math.min(bytes.length, at + BLOCK);
          }
          return new Extent(start, at - start, zero ? Extent.Kind.ZERO : Extent.Kind.DATA);
        }

        @Override
        public void close() {
          // It is an array.
        }
      };
    }

    @Override
    public Reader openReader() {
      return new Reader() {
        @Override
        public void read(long offset, ByteBuffer target) {
          target.put(bytes, (int) offset, target.remaining());
        }

        @Override
        public void close() {
          // It is an array.
        }
      };
    }
  }

  private static void fill(Random random, byte[] disk, int start, int length) {
    byte value = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt());
    Arrays.fill(disk, start, Math.min(disk.length, start + length), value);
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void theIndexIsThatOfTheDiskAsItIsNow(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 9 * MIB) int before,
      @ForAll @IntRange(min = 0, max = 3) int growth,
      @ForAll @IntRange(min = 0, max = 6) int writes)
      throws IOException {
    var random = new Random(seed);
    byte[] old = new byte[before];
    for (int i = 0; i < 12; i++) {
      fill(random, old, random.nextInt(before), random.nextInt(2 * MIB));
    }
    byte[] now = Arrays.copyOf(old, before + (growth == 0 ? 0 : random.nextInt(growth * MIB) + 1));
    var dirty = DirtyRanges.none();
    for (int i = 0; i < writes; i++) {
      int start = random.nextInt(now.length);
      int length = random.nextInt(MIB + MIB / 2) + 1;
      fill(random, now, start, length);
      dirty.add(start, Math.min(now.length, start + length));
    }
    try (var workspaces = new Workspaces(4);
        var store = FileChunkStore.open(dir.resolve("x.castr"))) {
      var indexes = new FileIndexStore(dir);
      var writer = new ImageWriter(store, indexes, workspaces, 2);
      written(writer, new Memory(old), "old");
      var whole = written(writer, new Memory(now), "now");
      try (var earlier = indexes.open("old")) {
        var since =
            writer.write(
                new SinceSource(new Memory(now), dirty, before),
                earlier,
                "since",
                ProgressListener.NONE,
                new Cancellation());
        assertThat(since.digest()).isEqualTo(whole.digest());
        long marked = (long) dirty.count() * MIB + (now.length - before) + 2L * MIB;
        assertThat(since.bytesRead()).isLessThanOrEqualTo(marked);
      }
    }
  }

  private static ImageWritten written(ImageWriter writer, ImageSource source, String name)
      throws IOException {
    return writer.write(source, null, name, ProgressListener.NONE, new Cancellation());
  }
}
