package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileChunkStoreTest {
  @TempDir Path directory;

  private static ByteBuffer frame(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static ChunkId id(int number) {
    return new ChunkId(number * 0x0001_0000_0000_0000L, number, 3, 4);
  }

  private static String read(ChunkSource store, ChunkId id) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(Format.MAX_FRAME_BYTES + 1);
    store.read(id, target);
    return StandardCharsets.UTF_8.decode(target).toString();
  }

  private Path root() {
    return directory.resolve("x.castr");
  }

  private FileChunkStore open(boolean eachFile) throws IOException {
    return FileChunkStore.open(root(), eachFile ? SyncEachFile::new : SyncFileSystem::open);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsPutAndSyncedIsReadUnderTheNameThatCasyncGivesIt(boolean eachFile) throws IOException {
    try (FileChunkStore store = open(eachFile);
        StoreSession session = store.openSession()) {
      ChunkId id = ChunkId.ofHex("abcd" + "1".repeat(60));
      assertThat(session.claim(id)).isFalse();
      assertThat(session.put(id, frame("hello"))).isTrue();
      session.sync();
      assertThat(read(store, id)).isEqualTo("hello");
      assertThat(root().resolve("abcd/abcd" + "1".repeat(60) + ".cacnk")).hasContent("hello");
      assertThat(session.claim(id)).isTrue();
      assertThat(session.put(id, frame("other"))).isFalse();
      assertThat(read(store, id)).isEqualTo("hello");
    }
    assertThat(root().resolve(".tmp").toFile().list()).containsExactly("lock");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyBatchesAreSettledInOrder(boolean eachFile) throws IOException {
    try (FileChunkStore store = open(eachFile);
        StoreSession session = store.openSession()) {
      for (int i = 0; i < 600; i++) {
        assertThat(session.put(id(i), frame("chunk " + i))).isTrue();
      }
      session.sync();
      for (int i = 0; i < 600; i++) {
        assertThat(read(store, id(i))).isEqualTo("chunk " + i);
      }
    }
  }

  @Test
  void aChunkThatIsNotThereIsMissingByItsId() throws IOException {
    try (FileChunkStore store = open(false)) {
      assertThatThrownBy(() -> read(store, id(1)))
          .isInstanceOfSatisfying(ChunkMissing.class, e -> assertThat(e.id()).isEqualTo(id(1)))
          .hasMessageContaining("x.castr");
    }
  }

  @Test
  void aFileLongerThanAnyChunkIsCorrupt() throws IOException {
    try (FileChunkStore store = open(false)) {
      Path file = new ChunkDirectory(root()).file(id(1));
      Files.createDirectories(root().resolve(id(1).hex().substring(0, 4)));
      Files.write(file, new byte[Format.MAX_FRAME_BYTES + 1]);
      assertThatThrownBy(() -> read(store, id(1))).isInstanceOf(ChunkCorrupt.class);
    }
  }

  @Test
  void onlyOneOwnerOpensAStore() throws IOException {
    try (FileChunkStore store = open(false)) {
      assertThat(store).isNotNull();
      assertThatThrownBy(() -> open(false)).isInstanceOf(StoreInUse.class);
    }
    open(false).close();
  }

  @Test
  void openingRemovesWhatAKilledProcessLeftHalfDone() throws IOException {
    open(false).close();
    Files.writeString(root().resolve(".tmp/17"), "half a chu");
    open(false).close();
    assertThat(root().resolve(".tmp/17")).doesNotExist();
  }

  @Test
  void aClosedStoreTakesNothing() throws IOException {
    FileChunkStore store = open(false);
    StoreSession session = store.openSession();
    store.close();
    assertThatThrownBy(() -> session.put(id(1), frame("late"))).isInstanceOf(IOException.class);
  }

  @Test
  void closingMakesDurableWhatSessionsPut() throws IOException {
    try (FileChunkStore store = open(false);
        StoreSession session = store.openSession()) {
      session.put(id(1), frame("one"));
    }
    assertThat(read(new ChunkDirectory(root()), id(1))).isEqualTo("one");
  }

  @Test
  void concurrentWritersOfTheSameChunksStoreEachOnce() throws Exception {
    int writers = 4;
    int chunks = 300;
    AtomicInteger stored = new AtomicInteger();
    try (FileChunkStore store = open(false);
        ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      CountDownLatch start = new CountDownLatch(writers);
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        all.add(
            threads.submit(
                () -> {
                  start.countDown();
                  start.await();
                  try (StoreSession session = store.openSession()) {
                    for (int i = 0; i < chunks; i++) {
                      if (!session.claim(id(i)) && session.put(id(i), frame("chunk " + i))) {
                        stored.incrementAndGet();
                      }
                    }
                    session.sync();
                    for (int i = 0; i < chunks; i++) {
                      assertThat(read(store, id(i))).isEqualTo("chunk " + i);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(stored).hasValue(chunks);
  }

  /** Does nothing but what a test lets it. */
  private static final class Obedient implements Durability {
    final List<String> calls = new ArrayList<>();
    @Nullable IOException failFiles;
    @Nullable IOException failDirectories;

    @Override
    public synchronized void syncFiles(Collection<Path> files) throws IOException {
      calls.add("files " + files.size() + " visible " + visible(files));
      if (failFiles != null) {
        throw failFiles;
      }
    }

    private static boolean visible(Collection<Path> temps) throws IOException {
      if (temps.isEmpty()) {
        return false;
      }
      Path root = temps.iterator().next().resolve("../..").normalize();
      try (Stream<Path> all = Files.walk(root)) {
        return all.anyMatch(file -> file.toString().endsWith(".cacnk"));
      }
    }

    @Override
    public synchronized void syncDirectories(Collection<Path> directories) throws IOException {
      calls.add("directories " + directories.size());
      if (failDirectories != null) {
        throw failDirectories;
      }
    }

    synchronized void failing(@Nullable IOException files, @Nullable IOException directories) {
      failFiles = files;
      failDirectories = directories;
    }

    @Override
    public boolean syncsEverything() {
      return false;
    }

    @Override
    public void close() {}
  }

  @Test
  void noChunkIsVisibleBeforeItsBytesAreDurableAndNoneIsReportedBeforeItsNameIs()
      throws IOException {
    Obedient durability = new Obedient();
    try (FileChunkStore store = FileChunkStore.open(root(), root -> durability);
        StoreSession session = store.openSession()) {
      durability.calls.clear();
      session.put(id(1), frame("one"));
      session.put(id(2), frame("two"));
      session.sync();
      assertThat(durability.calls).containsExactly("files 2 visible false", "directories 2");
    }
  }

  @Test
  void whenBytesCannotBeSyncedEverySessionThatNeedsThemFailsAndTheChunkIsNotThere()
      throws IOException {
    Obedient durability = new Obedient();
    try (FileChunkStore store = FileChunkStore.open(root(), root -> durability);
        StoreSession writer = store.openSession();
        StoreSession other = store.openSession()) {
      durability.failing(new IOException("disk on fire"), null);
      writer.put(id(1), frame("one"));
      assertThat(other.claim(id(1))).isTrue();
      assertThatThrownBy(writer::sync).hasMessageContaining("disk on fire");
      assertThatThrownBy(other::sync).hasMessageContaining("disk on fire");
      durability.failing(null, null);
      try (StoreSession again = store.openSession()) {
        assertThat(again.claim(id(1))).isFalse();
        assertThat(again.put(id(1), frame("one"))).isTrue();
        again.sync();
      }
      assertThat(read(store, id(1))).isEqualTo("one");
    }
  }

  @Test
  void aNameThatCouldNotBeMadeDurableIsTriedAgainByTheNextWhoNeedsTheChunk() throws IOException {
    Obedient durability = new Obedient();
    try (FileChunkStore store = FileChunkStore.open(root(), root -> durability)) {
      durability.failing(null, new IOException("disk on fire"));
      try (StoreSession session = store.openSession()) {
        session.put(id(1), frame("one"));
        assertThatThrownBy(session::sync).hasMessageContaining("disk on fire");
      }
      try (StoreSession session = store.openSession()) {
        assertThat(session.claim(id(1))).isTrue();
        assertThatThrownBy(session::sync).hasMessageContaining("disk on fire");
      }
      durability.failing(null, null);
      durability.calls.clear();
      try (StoreSession session = store.openSession()) {
        assertThat(session.claim(id(1))).isTrue();
        session.sync();
      }
      assertThat(durability.calls).containsExactly("files 0 visible false", "directories 1");
    }
  }

  @Test
  void anErrorOfTheFileSystemIsNotTakenForAMissingChunk() throws IOException {
    try (FileChunkStore store = open(false);
        StoreSession session = store.openSession()) {
      Path file = new ChunkDirectory(root()).file(id(1));
      Files.createDirectories(root().resolve(id(1).hex().substring(0, 4)));
      Files.createSymbolicLink(file, file);
      assertThatThrownBy(() -> session.claim(id(1)))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining(file.toString());
      assertThatThrownBy(() -> store.has(id(1))).isInstanceOf(StoreUnavailable.class);
      assertThatThrownBy(() -> read(store, id(1))).isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void bytesThatTheMediumDoesNotGiveBackAreTheChunksOwnFailure() throws IOException {
    try (FileChunkStore store = open(false)) {
      Path file = new ChunkDirectory(root()).file(id(1));
      Files.createDirectories(root().resolve(id(1).hex().substring(0, 4)));
      // The kernel answers EIO to a read of a process's memory at 0.
      Files.createSymbolicLink(file, Path.of("/proc/self/mem"));
      assertThatThrownBy(() -> read(store, id(1)))
          .isInstanceOfSatisfying(ChunkUnreadable.class, e -> assertThat(e.id()).isEqualTo(id(1)))
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void aStoreWhoseDirectoryIsNoneIsUnavailable() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "no directory");
    ChunkDirectory chunks = new ChunkDirectory(file);
    assertThatThrownBy(chunks::isEmpty)
        .isInstanceOf(StoreUnavailable.class)
        .hasMessage(file + ": not a directory");
    assertThat(new ChunkDirectory(directory.resolve("none")).isEmpty()).isTrue();
  }
}
