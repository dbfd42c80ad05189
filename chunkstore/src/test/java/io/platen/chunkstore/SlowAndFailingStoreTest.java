package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.Fault;
import io.platen.chunkstore.contract.FaultyStore;
import io.platen.chunkstore.contract.MemoryImage;
import io.platen.chunkstore.contract.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Captures and restores over a store, or of a disk, that is slow, fails or changes. */
@Timeout(60)
class SlowAndFailingStoreTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private FileChunkStore store;
  private MemoryImage image;

  @BeforeEach
  void open() throws IOException {
    store = FileChunkStore.open(directory.resolve("x.castr"));
    byte[] bytes = new byte[24 * MIB];
    new Random(5).nextBytes(bytes);
    image = MemoryImage.ofData(bytes);
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
    return directory.resolve("a.caibx");
  }

  private ImageWritten write(ChunkStore over, ProgressListener progress, Cancellation cancellation)
      throws IOException {
    return new ImageWriter(over, indexes(), workspaces, 2)
        .write(image, null, "a", progress, cancellation);
  }

  private void assertRetryWorks() throws IOException {
    write(store, ProgressListener.NONE, new Cancellation());
    Path file = directory.resolve("a.raw");
    try (Index opened = Index.open(index())) {
      new ImageReader(store, workspaces, 2)
          .read(opened, file, Long.MAX_VALUE, ProgressListener.NONE, new Cancellation());
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(image.bytes);
  }

  private static Fault at(Operation chosen, CountDownLatch latch) {
    return (operation, what) -> {
      if (operation == chosen) {
        await(latch);
      }
    };
  }

  @Test
  void aFailingWriteEndsTheCaptureWithItsMessageAndARetryWorks() throws IOException {
    ChunkStore failing =
        new FaultyStore(
            store,
            Fault.error(Operation.PUT, 5, id -> new IOException("/store/x: Input/output error")));
    assertThatThrownBy(() -> write(failing, ProgressListener.NONE, new Cancellation()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/store/x: Input/output error");
    assertThat(index()).doesNotExist();
    assertRetryWorks();
  }

  @Test
  void progressIsToldTwiceASecondHoweverSlowTheStoreIs() throws Exception {
    List<Long> told = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch heard = new CountDownLatch(6);
    // Each write waits until progress was told, so the capture lasts as long as it takes to tell.
    ChunkStore slow = new FaultyStore(store, at(Operation.PUT, heard));
    write(
        slow,
        (done, total) -> {
          told.add(System.nanoTime());
          heard.countDown();
        },
        new Cancellation());
    assertGaps(told);
  }

  private static void assertGaps(List<Long> told) {
    for (int i = 1; i < told.size() - 1; i++) {
      assertThat(Duration.ofNanos(told.get(i) - told.get(i - 1)))
          .isLessThan(Duration.ofMillis(500));
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void progressOfARestoreIsToldTwiceASecondHoweverSlowTheStoreIs() throws Exception {
    write(store, ProgressListener.NONE, new Cancellation());
    List<Long> told = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch heard = new CountDownLatch(6);
    ChunkStore slow = new FaultyStore(store, at(Operation.READ, heard));
    try (Index opened = Index.open(index())) {
      new ImageReader(slow, workspaces, 2)
          .read(
              opened,
              directory.resolve("a.raw"),
              Long.MAX_VALUE,
              (done, total) -> {
                told.add(System.nanoTime());
                heard.countDown();
              },
              new Cancellation());
    }
    assertThat(told).hasSizeGreaterThan(6);
    assertGaps(told);
  }

  @Test
  void aFailingReadEndsTheRestoreWithItsMessageAndLeavesNothing() throws IOException {
    write(store, ProgressListener.NONE, new Cancellation());
    ChunkStore failing =
        new FaultyStore(
            store,
            Fault.error(Operation.READ, 5, id -> new IOException("/store/x: Input/output error")));
    try (Index opened = Index.open(index())) {
      assertThatThrownBy(
              () ->
                  new ImageReader(failing, workspaces, 2)
                      .read(
                          opened,
                          directory.resolve("a.raw"),
                          Long.MAX_VALUE,
                          ProgressListener.NONE,
                          new Cancellation()))
          .hasMessageContaining("/store/x: Input/output error");
    }
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("x.castr", "a.caibx");
    assertRetryWorks();
  }

  @Test
  void aSourceThatSaysItChangedFailsTheCaptureWithoutAnIndex() throws IOException {
    MemoryImage changing =
        new MemoryImage(image.bytes, image.extents) {
          @Override
          public void checkUnchanged() throws IOException {
            throw new IOException("the disk changed");
          }
        };
    ImageWriter writer = new ImageWriter(store, indexes(), workspaces, 2);
    assertThatThrownBy(
            () -> writer.write(changing, null, "a", ProgressListener.NONE, new Cancellation()))
        .hasMessage("the disk changed");
    assertThat(index()).doesNotExist();
    assertRetryWorks();
  }

  @Test
  void aCaptureOverASlowStoreIsTheSame() throws IOException {
    write(
        new FaultyStore(store, Fault.latency(Operation.CLAIM, Duration.ofMillis(2))),
        ProgressListener.NONE,
        new Cancellation());
    assertRetryWorks();
  }

  @Test
  void aRestoreOfTruncatedChunksEndsWithTheChunkThatIsCorrupt() throws IOException {
    write(store, ProgressListener.NONE, new Cancellation());
    try (Index opened = Index.open(index())) {
      assertThatThrownBy(
              () ->
                  new ImageReader(new FaultyStore(store, Fault.truncation(5000)), workspaces, 2)
                      .read(
                          opened,
                          directory.resolve("a.raw"),
                          Long.MAX_VALUE,
                          ProgressListener.NONE,
                          new Cancellation()))
          .isInstanceOf(ChunkCorrupt.class);
    }
    assertRetryWorks();
  }
}
