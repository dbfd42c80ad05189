package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndexTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  /** Written by casync 2 (Debian) for 1.5 MiB of zeros; the bytes of the format are pinned here. */
  private static final String FIXTURE =
      "3000000000000000f99f127b9c4d82960000000000000090"
          + "000010000000000000001000000000000000100000000000"
          + "ffffffffffffffff7d41172f119e5be7"
          + "000010000000000030e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58"
          + "0000180000000000"
          + "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"
          + "00000000000000000000000000000000"
          + "3000000000000000"
          + "8800000000000000"
          + "d1ec49550e054f4b";

  @Test
  void theBytesOfAnIndexAreThoseOfCasync() throws IOException {
    Path file = directory.resolve("a.caibx");
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), MIB + MIB / 2)) {
      writer.put(1, ZeroChunk.id(MIB / 2));
      writer.put(0, ZeroChunk.id(MIB));
      assertThat(writer.commit()).isEqualTo(sha(Files.readAllBytes(file)));
    }
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(FIXTURE);
  }

  private static String sha(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.create().digest(bytes));
  }

  @Test
  void theIndexOfAnEmptyImageHasNoChunks() throws IOException {
    Path file = directory.resolve("a.caibx");
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), 0)) {
      writer.commit();
    }
    try (Index index = Index.open(file)) {
      assertThat(index.size()).isZero();
      assertThat(index.chunkCount()).isZero();
      assertThat(index.ids().hasNext()).isFalse();
    }
  }

  @Property(tries = 40)
  void whatIsWrittenInAnyOrderIsReadBack(
      @ForAll @LongRange(max = 3000L * MIB) long size, @ForAll long seed) throws IOException {
    Path file = Files.createTempFile("index", ".caibx");
    try {
      Random random = new Random(seed);
      List<ChunkId> ids = writeRandomly(file, size, random);
      try (Index index = Index.open(file)) {
        assertThat(index.size()).isEqualTo(size);
        assertThat(index.chunkCount()).isEqualTo(ids.size());
        List<ChunkId> read = new ArrayList<>();
        for (Index.Ids cursor = index.ids(); cursor.hasNext(); ) {
          read.add(cursor.next());
        }
        assertThat(read).isEqualTo(ids);
        if (!ids.isEmpty()) {
          int any = random.nextInt(ids.size());
          assertThat(index.id(any)).isEqualTo(ids.get(any));
          assertThat(index.chunkLength(ids.size() - 1)).isEqualTo((int) ((size - 1) % MIB) + 1);
        }
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Runs of equal ids and single ones, shuffled. */
  private static List<ChunkId> writeRandomly(Path file, long size, Random random)
      throws IOException {
    List<ChunkId> ids = new ArrayList<>();
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), size)) {
      List<int[]> runs = new ArrayList<>();
      while (ids.size() < writer.chunkCount()) {
        int longest = random.nextBoolean() ? 1 : 2000;
        int count = 1 + random.nextInt((int) Math.min(longest, writer.chunkCount() - ids.size()));
        runs.add(new int[] {ids.size(), count});
        ids.addAll(
            Collections.nCopies(
                count,
                new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), ids.size())));
      }
      Collections.shuffle(runs, random);
      for (int[] run : runs) {
        writer.fill(run[0], run[1], ids.get(run[0]));
      }
      writer.commit();
    }
    return ids;
  }

  @Test
  void anIndexThatIsNotCompleteIsNotPublished() throws IOException {
    Path file = directory.resolve("a.caibx");
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), 3 * MIB)) {
      writer.put(0, ZeroChunk.id(MIB));
      writer.put(2, ZeroChunk.id(MIB));
      assertThatThrownBy(writer::commit).isInstanceOf(IllegalStateException.class);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void leftoversOfAKilledWriterAreRemovedAndThoseOfOthersKept() throws IOException {
    Files.createFile(directory.resolve(".a.caibx.1234.tmp"));
    Files.createFile(directory.resolve(".b.caibx.1234.tmp"));
    Path file = directory.resolve("a.caibx");
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), 0)) {
      writer.commit();
    }
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("a.caibx", ".b.caibx.1234.tmp");
  }

  @Test
  void ofTwoWritersOfOneIndexTheLaterOneWinsAndTheOtherFails() throws IOException {
    Path file = directory.resolve("a.caibx");
    try (IndexWriter earlier = new IndexWriter(AtomicFile.create(file), MIB);
        IndexWriter later = new IndexWriter(AtomicFile.create(file), 0)) {
      later.commit();
      earlier.put(0, ZeroChunk.id(MIB));
      assertThatThrownBy(earlier::commit).isInstanceOf(IOException.class);
    }
    assertThat(Files.size(file)).isEqualTo(Format.EMPTY_INDEX_BYTES);
  }

  @ParameterizedTest
  @CsvSource({
    "0, header size",
    "8, type",
    "24, minimal chunk size",
    "32, average chunk size",
    "40, maximal chunk size",
    "48, table size",
    "56, table type",
    "64, chunk 0 ends at",
    "107, can't make an image",
    "150, tail",
    "160, index offset",
    "168, table size in the tail",
    "176, tail marker"
  })
  void aDamagedIndexIsRefusedByNameAndReason(int position, String reason) throws IOException {
    byte[] bytes = HexFormat.of().parseHex(FIXTURE);
    bytes[position] ^= 0x7f;
    assertCorrupt(bytes, reason);
  }

  @Test
  void otherDigestsThanSha256AreRefused() throws IOException {
    byte[] bytes = HexFormat.of().parseHex(FIXTURE);
    bytes[23] |= 0x20;
    assertCorrupt(bytes, "SHA-512/256");
  }

  @Test
  void truncatedAndExtendedIndexesAreRefused() throws IOException {
    byte[] bytes = HexFormat.of().parseHex(FIXTURE);
    for (int length = 0; length < bytes.length; length++) {
      assertCorrupt(Arrays.copyOf(bytes, length), "");
    }
    assertCorrupt(Arrays.copyOf(bytes, bytes.length + 1), "length");
    assertCorrupt(Arrays.copyOf(bytes, bytes.length + 40), "tail");
  }

  @Test
  void anImageSizeWithTheSignBitIsRefused() throws IOException {
    byte[] bytes = HexFormat.of().parseHex(FIXTURE);
    bytes[64 + 40 + 7] = (byte) 0x80;
    assertCorrupt(bytes, "can't make an image");
  }

  private void assertCorrupt(byte[] bytes, String reason) throws IOException {
    Path file = directory.resolve("bad.caibx");
    Files.write(file, bytes);
    assertThatThrownBy(
            () -> {
              try (Index index = Index.open(file)) {
                for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
                  ids.next();
                }
              }
            })
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void randomBytesInsideAValidFrameNeverGiveAnythingButIndexCorrupt() throws IOException {
    Random random = new Random(7);
    byte[] valid = HexFormat.of().parseHex(FIXTURE);
    Path file = directory.resolve("fuzz.caibx");
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = valid.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bytes);
      try (Index index = Index.open(file)) {
        for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
          ids.next();
        }
        assertThat(index.chunkCount()).isEqualTo(2);
      } catch (IndexCorrupt expected) {
        assertThat(expected).hasMessageContaining("fuzz.caibx");
      }
    }
  }

  @Test
  void theIndexOfAnEmpty16TerabyteDiskIsWrittenInSecondsAndReadInAWindow() throws IOException {
    long size = 16000L << 30;
    Path file = directory.resolve("huge.caibx");
    long start = System.nanoTime();
    try (IndexWriter writer = new IndexWriter(AtomicFile.create(file), size)) {
      writer.fill(0, writer.chunkCount(), ZeroChunk.id(MIB));
      writer.commit();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    try (Index index = Index.open(file)) {
      assertThat(index.size()).isEqualTo(size);
      assertThat(index.id(index.chunkCount() - 1)).isEqualTo(ZeroChunk.id(MIB));
      Index.Ids ids = index.ids();
      long chunks = 0;
      while (ids.hasNext()) {
        ids.next();
        chunks++;
      }
      assertThat(chunks).isEqualTo(16000L << 10);
    }
  }

  @Test
  void anItemDamagedAfterOpeningIsFoundWhenItIsRead() throws IOException {
    Path file = directory.resolve("a.caibx");
    Files.write(file, HexFormat.of().parseHex(FIXTURE));
    try (Index index = Index.open(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer end = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1);
      channel.write(end, Format.itemOffset(1));
      assertThat(index.id(0)).isEqualTo(ZeroChunk.id(MIB));
      assertThatThrownBy(() -> index.id(1)).isInstanceOf(IndexCorrupt.class);
    }
  }
}
