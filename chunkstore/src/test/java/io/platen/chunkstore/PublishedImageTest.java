package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an index and a store say of each other: whether all is there, and how much of a sample. */
final class PublishedImageTest {
  private static final int MIB = 1 << 20;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final Workspaces workspaces = new Workspaces(2);

  @SuppressWarnings("NullAway.Init")
  private FileChunkStore store;

  @BeforeEach
  void open() throws IOException {
    store = FileChunkStore.open(directory.resolve("x.castr"));
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    workspaces.close();
  }

  private IndexStore indexes() {
    return new FileIndexStore(directory);
  }

  private Path index() {
    return directory.resolve("x.caibx");
  }

  /** Three chunks of data, two of zeros, and half a chunk of zeros. */
  private ImageWritten write() throws IOException {
    byte[] bytes = new byte[5 * MIB + MIB / 2];
    byte[] data = new byte[3 * MIB];
    new Random(1).nextBytes(data);
    System.arraycopy(data, 0, bytes, 0, data.length);
    return new ImageWriter(store, indexes(), workspaces, 2)
        .write(MemoryImage.ofData(bytes), null, "x", ProgressListener.NONE, new Cancellation());
  }

  private Path chunk(int place) throws IOException {
    try (var opened = Index.open(index())) {
      return new ChunkDirectory(directory.resolve("x.castr")).file(opened.id(place));
    }
  }

  private ChunkSample sample(int most) throws IOException {
    try (var opened = Index.open(index())) {
      return ChunkSample.of(opened, new ChunkDirectory(directory.resolve("x.castr")), most);
    }
  }

  @Test
  void anImageIsFoundWithItsSizeAndDigestWhileAllOfItIsThere() throws IOException {
    assertThat(PublishedImage.find("x", indexes(), store, new Cancellation())).isEmpty();
    var written = write();
    assertThat(PublishedImage.find("x", indexes(), store, new Cancellation()))
        .contains(new PublishedImage(written.size(), written.digest()));
    Files.delete(chunk(1));
    assertThat(PublishedImage.find("x", indexes(), store, new Cancellation())).isEmpty();
  }

  @Test
  void anImageWhoseIndexIsDamagedIsNotFound() throws IOException {
    write();
    byte[] bytes = Files.readAllBytes(index());
    Files.write(index(), java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(PublishedImage.find("x", indexes(), store, new Cancellation())).isEmpty();
  }

  @Test
  void aSampleCountsWhatIsMissingAndLeavesOutWhatEveryStoreHas() throws IOException {
    write();
    assertThat(sample(16)).isEqualTo(new ChunkSample(3, 0));
    Files.delete(chunk(0));
    Files.delete(chunk(2));
    assertThat(sample(16)).isEqualTo(new ChunkSample(3, 2));
    // The chunks 0, 2 and 4.
    assertThat(sample(3)).isEqualTo(new ChunkSample(2, 2));
    assertThat(sample(16).plus(new ChunkSample(1, 0))).isEqualTo(new ChunkSample(4, 2));
  }

  @Test
  void aStoreIsEmptyUntilItHasAChunk() throws IOException {
    var chunks = new ChunkDirectory(directory.resolve("x.castr"));
    assertThat(chunks.isEmpty()).isTrue();
    Files.createDirectory(directory.resolve("x.castr/abcd"));
    assertThat(chunks.isEmpty()).isTrue();
    write();
    assertThat(chunks.isEmpty()).isFalse();
  }
}
