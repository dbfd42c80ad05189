package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ImageReaderTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private final byte[] bytes = RandomImages.bytes(9 * MIB + 1234, 42);
  private FileChunkStore store;
  private Index index;
  private Path target;

  @BeforeEach
  void capture() throws IOException {
    store = FileChunkStore.open(directory.resolve("x.castr"));
    new ImageWriter(store, new FileIndexStore(directory), workspaces, 2)
        .write(MemoryImage.ofData(bytes), null, "a", ProgressListener.NONE, new Cancellation());
    index = Index.open(directory.resolve("a.caibx"));
    Files.createDirectory(directory.resolve("out"));
    target = directory.resolve("out/a.raw");
  }

  @AfterEach
  void close() throws IOException {
    index.close();
    store.close();
    workspaces.close();
  }

  @Test
  void nobodyElseMayReadTheStoreTheIndexAndTheImage() throws IOException {
    read(store);
    assertThat(store.setAside(index.id(0))).isTrue();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.toList()) {
        if (path.equals(directory) || path.endsWith("out")) {
          continue; // the test's own
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as(path.toString())
            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
      }
    }
  }

  private ImageRead read(ChunkSource source) throws IOException {
    return new ImageReader(source, workspaces, 2)
        .read(index, target, Long.MAX_VALUE, ProgressListener.NONE, new Cancellation());
  }

  private Path chunkFile(long chunk) throws IOException {
    return new ChunkDirectory(directory.resolve("x.castr")).file(index.id(chunk));
  }

  @Test
  void theImageIsRestoredAndReplacesAnOlderFile() throws IOException {
    Files.writeString(target, "older");
    ImageRead read = read(store);
    assertThat(target).hasBinaryContent(bytes);
    assertThat(read.bytesWritten() + read.zeroBytes()).isEqualTo(bytes.length);
    assertThat(directory.resolve("out").toFile().list()).containsExactly("a.raw");
  }

  @Test
  void zerosBecomeHolesAlsoWithinAChunkAndAtTheEnd() throws Exception {
    byte[] zeros = new byte[64 * MIB + 4097];
    zeros[0] = 1;
    Path file = directory.resolve("z.caibx");
    new ImageWriter(store, new FileIndexStore(directory), workspaces, 2)
        .write(MemoryImage.ofData(zeros), null, "z", ProgressListener.NONE, new Cancellation());
    try (Index holes = Index.open(file)) {
      ImageRead read =
          new ImageReader(store, workspaces, 2)
              .read(holes, target, Long.MAX_VALUE, ProgressListener.NONE, new Cancellation());
      assertThat(read.bytesWritten()).isEqualTo(MIB / 16);
      assertThat(read.zeroBytes()).isEqualTo(zeros.length - MIB / 16);
    }
    assertThat(target).hasBinaryContent(zeros);
    long blocks = Long.parseLong(Program.run("stat", "-c", "%b", target.toString()).trim());
    assertThat(blocks * 512).isLessThan(MIB);
  }

  @Test
  void anImageLargerThanAllowedIsRefusedBeforeAnythingIsWritten() {
    assertThatThrownBy(
            () ->
                new ImageReader(store, workspaces, 2)
                    .read(
                        index, target, bytes.length - 1, ProgressListener.NONE, new Cancellation()))
        .isInstanceOf(ImageTooLarge.class);
    assertThat(directory.resolve("out")).isEmptyDirectory();
  }

  @Test
  void aMissingChunkFailsTheReadByItsIdAndLeavesNothing() throws IOException {
    Files.delete(chunkFile(4));
    ChunkId missing = index.id(4);
    assertThatThrownBy(() -> read(store))
        .isInstanceOfSatisfying(ChunkMissing.class, e -> assertThat(e.id()).isEqualTo(missing));
    assertThat(directory.resolve("out")).isEmptyDirectory();
  }

  @Test
  void whatIsLostIsReadFromTheFirstOtherStoreThatHasItWhole() throws IOException {
    Path root = Files.createDirectories(directory.resolve("y.castr"));
    ChunkDirectory other = new ChunkDirectory(root);
    for (long chunk : new long[] {3, 4}) {
      Files.createDirectories(other.directory(index.id(chunk)));
      Files.copy(chunkFile(chunk), other.file(index.id(chunk)));
    }
    Files.delete(chunkFile(4));
    Files.write(chunkFile(3), new byte[] {1});
    ChunkDirectory bad = new ChunkDirectory(Files.createDirectories(directory.resolve("z.castr")));
    Files.createDirectories(bad.directory(index.id(4)));
    Files.write(bad.file(index.id(4)), new byte[] {2});
    new ImageReader(store, workspaces, 2)
        .read(
            index,
            List.of(bad, other),
            target,
            Long.MAX_VALUE,
            ProgressListener.NONE,
            new Cancellation());
    assertThat(target).hasBinaryContent(bytes);
    assertThatThrownBy(() -> read(store)).isInstanceOf(IOException.class);
  }

  @Test
  void noFlippedBitIsServed() throws IOException {
    Random random = new Random(11);
    for (int i = 0; i < 60; i++) {
      Path file = chunkFile(random.nextInt((int) index.chunkCount()));
      byte[] good = Files.readAllBytes(file);
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bad);
      try {
        // Some bits of a frame mean nothing: then the content is still right.
        read(store);
        assertThat(target).hasBinaryContent(bytes);
      } catch (ChunkCorrupt e) {
        assertThat(directory.resolve("out").toFile().list()).doesNotContain(".a.raw");
      }
      Files.write(file, good);
    }
    read(store);
    assertThat(target).hasBinaryContent(bytes);
  }

  @Test
  void aTruncatedChunkIsCorrupt() throws IOException {
    Path file = chunkFile(0);
    byte[] good = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 10, good.length / 2, good.length - 1}) {
      Files.write(file, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> read(store)).isInstanceOf(ChunkCorrupt.class);
    }
  }

  @Test
  void aChunkInTheWrongPlaceIsCorruptAndSaysWhatItIs() throws IOException {
    Files.copy(
        chunkFile(index.chunkCount() - 1), chunkFile(0), StandardCopyOption.REPLACE_EXISTING);
    ChunkId found = index.id(index.chunkCount() - 1);
    assertThatThrownBy(() -> read(store))
        .isInstanceOfSatisfying(ChunkCorrupt.class, e -> assertThat(e.found()).isEqualTo(found));
  }

  @Test
  void aFrameThatUnpacksToFarMoreThanAChunkIsCutOff() throws IOException {
    byte[] bomb = Zstd.compress(new byte[64 * MIB], 19);
    assertThat(bomb.length).isLessThan(Format.MAX_FRAME_BYTES);
    Files.write(chunkFile(0), bomb);
    assertThatThrownBy(() -> read(store)).isInstanceOf(ChunkCorrupt.class);
  }

  @Test
  void garbageIsNeverAChunk() throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 100; i++) {
      byte[] garbage = new byte[random.nextInt(2000)];
      random.nextBytes(garbage);
      if (i % 2 == 0 && garbage.length > 4) {
        ByteBuffer.wrap(garbage).putInt(0x28b52ffd);
      }
      Files.write(chunkFile(0), garbage);
      assertThatThrownBy(() -> read(store)).isInstanceOf(ChunkCorrupt.class);
    }
  }

  @Test
  void cancellingLeavesNothing() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    Cancellation cancellation = new Cancellation();
    ChunkSource slow =
        (id, frame) -> {
          reading.countDown();
          try {
            cancelled.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("these threads are not interrupted", e);
          }
          store.read(id, frame);
        };
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<ImageRead> read =
          thread.submit(
              () ->
                  new ImageReader(slow, workspaces, 2)
                      .read(index, target, Long.MAX_VALUE, ProgressListener.NONE, cancellation));
      reading.await();
      cancellation.cancel();
      cancelled.countDown();
      assertThatThrownBy(read::get).hasCauseInstanceOf(Cancelled.class);
    }
    assertThat(directory.resolve("out")).isEmptyDirectory();
  }
}
