package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ImageCopyTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private FileChunkStore from;
  private FileChunkStore to;
  private FileIndexStore fromIndexes;
  private FileIndexStore toIndexes;

  @BeforeEach
  void open() throws IOException {
    from = FileChunkStore.open(directory.resolve("from/store.castr"));
    to = FileChunkStore.open(directory.resolve("to/store.castr"));
    fromIndexes = new FileIndexStore(Files.createDirectories(directory.resolve("from/index")));
    toIndexes = new FileIndexStore(Files.createDirectories(directory.resolve("to/index")));
  }

  @AfterEach
  void close() throws IOException {
    from.close();
    to.close();
    workspaces.close();
  }

  private String capture(String name, byte[] bytes) throws IOException {
    return new ImageWriter(from, fromIndexes, workspaces, 2)
        .write(MemoryImage.ofData(bytes), null, name, ProgressListener.NONE, new Cancellation())
        .digest();
  }

  private ImageCopied copy(String name, ImageCopy.IfLost ifLost, ProgressListener progress)
      throws IOException {
    try (Index index = fromIndexes.open(name);
        StoreSession session = to.openSession(name)) {
      return new ImageCopy(from, workspaces, 2)
          .copy(index, session, toIndexes, name, ifLost, progress, new Cancellation());
    }
  }

  private ImageCopied copy(String name) throws IOException {
    return copy(name, ImageCopy.IfLost.FAIL, ProgressListener.NONE);
  }

  private byte[] restored(String name) throws IOException {
    Path target = directory.resolve(name + ".raw");
    try (Index index = toIndexes.open(name)) {
      new ImageReader(to, workspaces, 2)
          .read(index, target, Long.MAX_VALUE, ProgressListener.NONE, new Cancellation());
    }
    return Files.readAllBytes(target);
  }

  @Test
  void anImageIsCopiedAndOfTheNextOneOnlyWhatDiffers() throws IOException {
    byte[] bytes = RandomImages.bytes(40 * MIB + 1234, 1);
    // Zeros, too: a row of chunks that are one.
    Arrays.fill(bytes, 3 * MIB, 30 * MIB, (byte) 0);
    String digest = capture("a", bytes);
    ImageCopied copied = copy("a");
    assertThat(copied.digest()).isEqualTo(digest);
    assertThat(copied.size()).isEqualTo(bytes.length);
    assertThat(copied.chunks()).isEqualTo(to.count().chunks()).isEqualTo(from.count().chunks());
    assertThat(copied.lost()).isZero();
    assertThat(restored("a")).isEqualTo(bytes);

    bytes[0]++;
    bytes[bytes.length - 1]++;
    capture("b", bytes);
    assertThat(copy("b").chunks()).isEqualTo(2);
    assertThat(restored("b")).isEqualTo(bytes);
    assertThat(copy("b").chunks()).isZero();
  }

  @Test
  void aCopyThatWasCutShortHasNoIndexAndIsContinued() throws IOException {
    byte[] bytes = RandomImages.bytes(64 * MIB, 2);
    capture("a", bytes);
    from.setAside(chunk("a", 60));
    assertThatThrownBy(() -> copy("a")).isInstanceOf(ChunkMissing.class);
    assertThat(toIndexes.has("a")).isFalse();
    capture("again", bytes);
    copy("a");
    assertThat(to.count().chunks()).isEqualTo(from.count().chunks());
    assertThat(restored("a")).isEqualTo(bytes);
  }

  private ChunkId chunk(String name, long at) throws IOException {
    try (Index index = fromIndexes.open(name)) {
      return index.id(at);
    }
  }

  @Test
  void aDamagedChunkIsNotCopied() throws IOException {
    byte[] bytes = RandomImages.bytes(4 * MIB, 3);
    capture("a", bytes);
    ChunkDirectory chunks = new ChunkDirectory(directory.resolve("from/store.castr"));
    Files.copy(
        chunks.file(chunk("a", 0)),
        chunks.file(chunk("a", 2)),
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> copy("a")).isInstanceOf(ChunkCorrupt.class);
    assertThat(toIndexes.has("a")).isFalse();
    ImageCopied rest = copy("a", ImageCopy.IfLost.GO_ON, ProgressListener.NONE);
    assertThat(rest.lost()).isEqualTo(1);
    assertThat(to.has(chunk("a", 2))).isFalse();
    assertThat(to.count().chunks()).isEqualTo(3);
  }

  @Test
  void aCancelledCopyEnds() throws IOException {
    capture("a", RandomImages.bytes(8 * MIB, 4));
    try (Index index = fromIndexes.open("a");
        StoreSession session = to.openSession("a")) {
      Cancellation cancelled = new Cancellation();
      cancelled.cancel();
      assertThatThrownBy(
              () ->
                  new ImageCopy(from, workspaces, 2)
                      .copy(
                          index,
                          session,
                          toIndexes,
                          "a",
                          ImageCopy.IfLost.FAIL,
                          ProgressListener.NONE,
                          cancelled))
          .isInstanceOf(Cancelled.class);
    }
    assertThat(toIndexes.has("a")).isFalse();
  }
}
