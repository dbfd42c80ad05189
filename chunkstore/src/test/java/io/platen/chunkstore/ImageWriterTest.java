package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.ForwardingSession;
import io.platen.chunkstore.contract.ForwardingStore;
import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ImageWriterTest {
  private static final int MIB = 1 << 20;
  private static final int THREADS = 2;

  /** Everything a test needs, in a directory that disappears. */
  private static final class Site implements AutoCloseable {
    final Path directory = Files.createTempDirectory("chunkstore");
    final FileChunkStore store = FileChunkStore.open(directory.resolve("x.castr"));
    final Workspaces workspaces = new Workspaces(4);
    final ImageWriter writer =
        new ImageWriter(store, new FileIndexStore(directory), workspaces, THREADS);
    final ImageReader reader = new ImageReader(store, workspaces, THREADS);

    Site() throws IOException {}

    Path index(String name) {
      return directory.resolve(name + ".caibx");
    }

    ImageWritten write(ImageSource image, @Nullable Index parent, String name) throws IOException {
      return writer.write(image, parent, name, ProgressListener.NONE, new Cancellation());
    }

    byte[] restore(String name) throws IOException {
      Path file = directory.resolve(name + ".raw");
      try (Index index = Index.open(index(name))) {
        reader.read(index, file, Long.MAX_VALUE, ProgressListener.NONE, new Cancellation());
      }
      return Files.readAllBytes(file);
    }

    List<String> files() {
      return List.of(directory.toFile().list());
    }

    @Override
    public void close() throws IOException {
      store.close();
      workspaces.close();
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
                throws IOException {
              Files.delete(dir);
              return FileVisitResult.CONTINUE;
            }
          });
    }
  }

  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = new Site();
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  @Property(tries = 60)
  void anyImageOverAnyParentIsRestoredByteForByte(
      @ForAll @IntRange(max = 6 * MIB) int size,
      @ForAll @IntRange(max = 6 * MIB) int otherSize,
      @ForAll boolean sameSize,
      @ForAll long seed)
      throws IOException {
    byte[] parent = RandomImages.bytes(sameSize ? size : otherSize, seed);
    List<Extent> extents = RandomImages.extents(size, new Random(seed));
    MemoryImage image = RandomImages.image(size, extents, parent, seed + 1);
    try (Site here = new Site()) {
      here.write(MemoryImage.ofData(parent), null, "parent");
      ImageWritten written;
      try (Index index = Index.open(here.index("parent"))) {
        written = here.write(image, index, "child");
      }
      assertThat(here.restore("child")).isEqualTo(image.bytes);
      assertThat(here.restore("parent")).isEqualTo(parent);
      assertThat(written.bytesRead()).isEqualTo(image.bytesRead.get());
      assertThat(
              written.zeroBytes()
                  + written.inheritedBytes()
                  + written.deduplicatedBytes()
                  + written.newBytes())
          .isEqualTo(size);
      assertThat(written.digest())
          .isEqualTo(
              HexFormat.of()
                  .formatHex(Sha256.create().digest(Files.readAllBytes(here.index("child")))));
      ImageWritten withoutParent = here.write(image, null, "again");
      assertThat(withoutParent.digest()).isEqualTo(written.digest());
      assertThat(withoutParent.newChunks()).isZero();
    }
  }

  @Test
  void chunksThatAreWhollyZeroOrTheParentsAreNeverRead() throws IOException {
    byte[] parent = RandomImages.bytes(4 * MIB, 1);
    site.write(MemoryImage.ofData(parent), null, "parent");
    List<Extent> extents =
        List.of(
            new Extent(0, 2 * MIB, Extent.Kind.PARENT),
            new Extent(2 * MIB, MIB, Extent.Kind.ZERO),
            new Extent(3 * MIB, 100, Extent.Kind.DATA),
            new Extent(3 * MIB + 100, MIB - 100, Extent.Kind.PARENT));
    MemoryImage image = RandomImages.image(4 * MIB, extents, parent, 2);
    try (Index index = Index.open(site.index("parent"))) {
      ImageWritten written = site.write(image, index, "child");
      assertThat(written.bytesRead()).isEqualTo(MIB);
      assertThat(written.inheritedBytes()).isEqualTo(2 * MIB);
      assertThat(written.zeroBytes()).isEqualTo(MIB);
      assertThat(written.newBytes()).isEqualTo(MIB);
      assertThat(written.newChunks()).isEqualTo(2);
    }
    assertThat(site.restore("child")).isEqualTo(image.bytes);
  }

  @Test
  void aChunkThatTheParentHasLostIsReadFromTheSource() throws IOException {
    byte[] bytes = RandomImages.bytes(3 * MIB, 1);
    new Random(9).nextBytes(bytes);
    site.write(MemoryImage.ofData(bytes), null, "parent");
    try (Index index = Index.open(site.index("parent"))) {
      Files.delete(new ChunkDirectory(site.directory.resolve("x.castr")).file(index.id(1)));
      MemoryImage child =
          new MemoryImage(bytes, List.of(new Extent(0, 3 * MIB, Extent.Kind.PARENT)));
      ImageWritten written = site.write(child, index, "child");
      assertThat(written.newBytes()).isEqualTo(MIB);
      assertThat(written.inheritedBytes()).isEqualTo(2 * MIB);
    }
    assertThat(site.restore("child")).isEqualTo(bytes);
  }

  @Test
  void zerosThatNobodyKnewOfTakeNoRoom() throws IOException {
    ImageWritten written = site.write(MemoryImage.ofData(new byte[20 * MIB + 5]), null, "a");
    assertThat(written.zeroBytes()).isEqualTo(20 * MIB + 5);
    assertThat(written.newChunks()).isEqualTo(2);
    assertThat(written.storedBytes()).isLessThan(200);
  }

  /** An image whose reads a test decides on. */
  private static final class Troubled extends MemoryImage {
    interface Trouble {
      void before(int read) throws IOException;
    }

    final AtomicInteger reads = new AtomicInteger();
    private final Trouble trouble;

    Troubled(int mebibytes) {
      this(mebibytes, read -> {});
    }

    /** Whose read of the given number fails. */
    static Troubled at(int mebibytes, int failing) {
      return new Troubled(
          mebibytes,
          read -> {
            if (read == failing) {
              throw new IOException("the cable was pulled");
            }
          });
    }

    Troubled(int mebibytes, Trouble trouble) {
      super(
          RandomImages.bytes(mebibytes * MIB, 3),
          List.of(new Extent(0, (long) mebibytes * MIB, Extent.Kind.DATA)));
      new Random(4).nextBytes(bytes);
      this.trouble = trouble;
    }

    @Override
    public Reader openReader() throws IOException {
      Reader reader = super.openReader();
      return new Reader() {
        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
          trouble.before(reads.incrementAndGet());
          reader.read(offset, target);
        }

        @Override
        public void close() throws IOException {
          reader.close();
        }
      };
    }
  }

  @Test
  void theFirstFailureStopsTheOthersAndLeavesNoFile() {
    Troubled image = Troubled.at(64, 5);
    assertThatThrownBy(() -> site.write(image, null, "a")).hasMessage("the cable was pulled");
    assertThat(image.reads.get()).isLessThan(64);
    assertThat(site.files()).containsExactly("x.castr");
  }

  @Test
  void whatAFailedAttemptStoredIsNotStoredAgain() throws IOException {
    Troubled failing = Troubled.at(32, 20);
    assertThatThrownBy(() -> site.write(failing, null, "a")).isInstanceOf(IOException.class);
    ImageWritten written = site.write(new Troubled(32), null, "a");
    assertThat(written.newChunks()).isLessThan(16);
    assertThat(written.deduplicatedBytes()).isGreaterThan(16 * MIB);
    assertThat(site.restore("a")).isEqualTo(failing.bytes);
  }

  /** A read that hangs until its reader is closed. */
  private static final class Hanging extends MemoryImage {
    final CountDownLatch hangs = new CountDownLatch(1);

    Hanging() {
      super(new byte[8 * MIB], List.of(new Extent(0, 8 * MIB, Extent.Kind.DATA)));
    }

    @Override
    public Reader openReader() {
      CountDownLatch closed = new CountDownLatch(1);
      return new Reader() {
        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
          hangs.countDown();
          try {
            closed.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("readers are not interrupted", e);
          }
          throw new AsynchronousCloseException();
        }

        @Override
        public void close() {
          closed.countDown();
        }
      };
    }
  }

  @Test
  void cancellingEndsAHangingReadWithinASecondAndLeavesNoFile() throws Exception {
    Hanging image = new Hanging();
    Cancellation cancellation = new Cancellation();
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<ImageWritten> capture =
          thread.submit(
              () -> site.writer.write(image, null, "a", ProgressListener.NONE, cancellation));
      image.hangs.await();
      long start = System.nanoTime();
      cancellation.cancel();
      assertThatThrownBy(() -> capture.get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(Cancelled.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    }
    assertThat(site.files()).containsExactly("x.castr");
  }

  @Test
  void interruptingOneCaptureCancelsItAndDoesNotDisturbAnotherOfTheSameParent() throws Exception {
    byte[] bytes = RandomImages.bytes(8 * MIB, 1);
    site.write(MemoryImage.ofData(bytes), null, "parent");
    Hanging hanging = new Hanging();
    try (Index parent = Index.open(site.index("parent"))) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread interrupted =
          new Thread(
              () -> {
                try {
                  site.write(hanging, parent, "a");
                } catch (IOException e) {
                  thrown.set(e);
                }
              });
      interrupted.start();
      hanging.hangs.await();
      interrupted.interrupt();
      interrupted.join();
      assertThat(thrown.get()).isInstanceOf(Cancelled.class);
      MemoryImage image =
          new MemoryImage(bytes, List.of(new Extent(0, 8 * MIB, Extent.Kind.PARENT)));
      assertThat(site.write(image, parent, "b").inheritedBytes()).isEqualTo(8 * MIB);
    }
  }

  @Test
  void hangingCapturesDoNotHoldUpOthers() throws Exception {
    Hanging hanging = new Hanging();
    Cancellation cancellation = new Cancellation();
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<ImageWritten> stuck =
          thread.submit(
              () -> site.writer.write(hanging, null, "a", ProgressListener.NONE, cancellation));
      hanging.hangs.await();
      assertThat(site.write(new Troubled(8), null, "b").newChunks()).isEqualTo(8);
      cancellation.cancel();
      assertThatThrownBy(stuck::get).hasCauseInstanceOf(Cancelled.class);
    }
  }

  @Test
  void concurrentCapturesOfTheSameImageStoreEachChunkOnce() throws Exception {
    List<Callable<ImageWritten>> captures = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String name = "c" + i;
      captures.add(() -> site.write(new Troubled(24), null, name));
    }
    long newChunks = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<ImageWritten> capture : threads.invokeAll(captures)) {
        newChunks += capture.get().newChunks();
      }
    }
    assertThat(newChunks).isEqualTo(24);
    byte[] expected = new Troubled(24).bytes;
    for (int i = 0; i < 4; i++) {
      assertThat(site.restore("c" + i)).isEqualTo(expected);
    }
  }

  @Test
  void aListenerHearsTheEndAndWhatItThrowsEndsTheCapture() throws IOException {
    List<Long> heard = new ArrayList<>();
    site.writer.write(
        new Troubled(3),
        null,
        "a",
        (done, total) -> {
          heard.add(done);
          assertThat(total).isEqualTo(3 * MIB);
        },
        new Cancellation());
    assertThat(heard).isSorted().endsWith(3L * MIB);
    Hanging hanging = new Hanging();
    assertThatThrownBy(
            () ->
                site.writer.write(
                    hanging,
                    null,
                    "b",
                    (done, total) -> {
                      throw new IllegalStateException("the listener is gone");
                    },
                    new Cancellation()))
        .hasMessage("the listener is gone");
    assertThat(site.files()).containsExactlyInAnyOrder("x.castr", "a.caibx");
  }

  @Test
  void aSourceWhoseReadsComeBackShortIsRefused() {
    MemoryImage image =
        new MemoryImage(new byte[MIB], List.of(new Extent(0, MIB, Extent.Kind.DATA))) {
          @Override
          public Reader openReader() {
            return new Reader() {
              @Override
              public void read(long offset, ByteBuffer target) {
                target.put((byte) 1);
              }

              @Override
              public void close() {}
            };
          }
        };
    assertThatThrownBy(() -> site.write(image, null, "a")).isInstanceOf(SourceInvalid.class);
  }

  @Test
  void anIndexIsNotPublishedWhenItsChunksCannotBeMadeDurable() throws IOException {
    ChunkStore failing =
        new ForwardingStore(site.store) {
          @Override
          public StoreSession openSession() throws IOException {
            return new ForwardingSession(super.openSession()) {
              @Override
              public void sync() throws IOException {
                throw new IOException("disk on fire");
              }
            };
          }
        };
    ImageWriter writer =
        new ImageWriter(failing, new FileIndexStore(site.directory), site.workspaces, THREADS);
    assertThatThrownBy(
            () ->
                writer.write(new Troubled(2), null, "a", ProgressListener.NONE, new Cancellation()))
        .hasMessage("disk on fire");
    assertThat(site.files()).containsExactly("x.castr");
  }

  @Test
  void everyChunkOfAnIndexWasClaimedOrPutInItsSession() throws IOException {
    byte[] parentBytes = RandomImages.bytes(4 * MIB, 1);
    site.write(MemoryImage.ofData(parentBytes), null, "parent");
    List<Extent> extents = RandomImages.extents(9 * MIB + 77, new Random(5));
    MemoryImage image = RandomImages.image(9 * MIB + 77, extents, parentBytes, 6);
    List<ChunkId> claimed = Collections.synchronizedList(new ArrayList<>());
    ChunkStore watched =
        new ForwardingStore(site.store) {
          @Override
          public StoreSession openSession() throws IOException {
            return new ForwardingSession(super.openSession()) {
              @Override
              public boolean claim(ChunkId id) throws IOException {
                claimed.add(id);
                return super.claim(id);
              }
            };
          }
        };
    try (Index parent = Index.open(site.index("parent"))) {
      new ImageWriter(watched, new FileIndexStore(site.directory), site.workspaces, THREADS)
          .write(image, parent, "child", ProgressListener.NONE, new Cancellation());
    }
    try (Index child = Index.open(site.index("child"))) {
      for (Index.Ids ids = child.ids(); ids.hasNext(); ) {
        assertThat(claimed).contains(ids.next());
      }
    }
  }

  @Test
  void onlyEqualImagesHaveEqualDigests() throws IOException {
    byte[] bytes = RandomImages.bytes(2 * MIB + 9, 1);
    String digest = site.write(MemoryImage.ofData(bytes), null, "a").digest();
    assertThat(site.write(MemoryImage.ofData(bytes.clone()), null, "b").digest()).isEqualTo(digest);
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThat(site.write(MemoryImage.ofData(longer), null, "c").digest()).isNotEqualTo(digest);
  }
}
