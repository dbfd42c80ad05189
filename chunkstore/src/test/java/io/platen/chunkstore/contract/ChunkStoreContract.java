package io.platen.chunkstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.StoredChunks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What {@code ChunkStore}, its sessions, and {@code StoredChunks} promise. */
public abstract class ChunkStoreContract extends StoreContract {
  /** Ids all over the range; what is stored under them is no chunk, which a store can't know. */
  private static ChunkId id(int number) {
    return new ChunkId(number * 0x0123_4567_89ab_cdefL, number, 3, 4);
  }

  /** How many chunks are many; fewer where each takes a request. */
  protected int many() {
    return 600;
  }

  private static byte[] bytes(int number) {
    return ("chunk " + number).repeat(1 + number % 7).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] read(ChunkSource source, ChunkId id) throws IOException {
    ByteBuffer target = ByteBuffer.allocateDirect(BUFFER_BYTES);
    source.read(id, target);
    byte[] bytes = new byte[target.remaining()];
    target.get(bytes);
    return bytes;
  }

  private void put(int from, int end) throws IOException {
    try (StoreSession session = store.openSession()) {
      for (int number = from; number < end; number++) {
        if (!session.claim(id(number))) {
          session.put(id(number), frame(bytes(number)));
        }
      }
      session.sync();
    }
  }

  @Test
  void whatIsPutAndSyncedIsReadByteForByteByEveryReader() throws IOException {
    put(0, many());
    for (StoredChunks reader : List.of(store, made.reader())) {
      for (int number = 0; number < many(); number++) {
        assertThat(reader.has(id(number))).isTrue();
        assertThat(read(reader, id(number))).isEqualTo(bytes(number));
      }
    }
  }

  @Test
  void aChunkThatIsNotThereIsMissingByItsIdAndNotClaimed() throws IOException {
    put(1, 2);
    for (StoredChunks reader : List.of(store, made.reader())) {
      assertThat(reader.has(id(2))).isFalse();
      assertThatThrownBy(() -> read(reader, id(2)))
          .isInstanceOfSatisfying(ChunkMissing.class, e -> assertThat(e.id()).isEqualTo(id(2)));
    }
    try (StoreSession session = store.openSession()) {
      assertThat(session.claim(id(2))).isFalse();
      assertThat(session.put(id(2), frame(bytes(2)))).isTrue();
    }
  }

  @Test
  void aChunkThatIsThereIsClaimedAndStaysAsItIs() throws IOException {
    put(1, 2);
    try (StoreSession session = store.openSession()) {
      assertThat(session.claim(id(1))).isTrue();
      session.put(id(1), frame(bytes(1)));
      session.sync();
    }
    assertThat(read(store, id(1))).isEqualTo(bytes(1));
  }

  @Test
  void whatASessionPutIsKnownToEveryOtherOne() throws IOException {
    try (StoreSession one = store.openSession();
        StoreSession other = store.openSession()) {
      one.put(id(1), frame(bytes(1)));
      assertThat(other.claim(id(1))).isTrue();
      // It need not wait for the session that put it.
      other.sync();
    }
    assertThat(read(made.reader(), id(1))).isEqualTo(bytes(1));
  }

  @Test
  void aPutTakesTheBufferFromItsPositionToItsLimitAndLeavesItAsItWas() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(100);
    buffer.position(10).put(bytes(1)).flip().position(10);
    try (StoreSession session = store.openSession()) {
      session.put(id(1), buffer);
      assertThat(buffer.position()).isEqualTo(10);
      buffer.clear().put(new byte[100]);
      session.sync();
    }
    assertThat(read(store, id(1))).isEqualTo(bytes(1));
  }

  @Test
  void whatIsSyncedIsThereOnceTheStoreIsOpenedAgain() throws IOException {
    put(0, 10);
    store.close();
    store = made.open();
    for (int number = 0; number < 10; number++) {
      assertThat(read(store, id(number))).isEqualTo(bytes(number));
    }
  }

  @Test
  void aSessionThatIsGivenUpHarmsNoLaterOne() throws IOException {
    StoreSession given = store.openSession();
    given.put(id(1), frame(bytes(1)));
    given.close();
    put(1, 3);
    assertThat(read(made.reader(), id(1))).isEqualTo(bytes(1));
  }

  @Test
  void manyWritersOfTheSameChunksHaveThemAll() throws Exception {
    int writers = 4;
    int chunks = many() / 3;
    try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      List<Future<Boolean>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        running.add(
            threads.submit(
                () -> {
                  put(0, chunks);
                  return true;
                }));
      }
      for (Future<Boolean> each : running) {
        assertThat(each.get(2, TimeUnit.MINUTES)).isTrue();
      }
    }
    for (int number = 0; number < chunks; number++) {
      assertThat(read(store, id(number))).isEqualTo(bytes(number));
    }
  }

  @Test
  void aStoreIsEmptyUntilItHasAChunk() throws IOException {
    assertThat(store.isEmpty()).isTrue();
    assertThat(made.reader().isEmpty()).isTrue();
    put(1, 2);
    assertThat(store.isEmpty()).isFalse();
    assertThat(made.reader().isEmpty()).isFalse();
  }

  @Test
  void sizesAreThoseOfTheChunksThatAreAskedForAndThere() throws IOException {
    put(1, 40);
    ChunkIdSet asked = new ChunkIdSet(0, ChunkIdSet.PREFIXES);
    Map<ChunkId, Long> expected = new HashMap<>();
    for (int number = 20; number < 60; number++) {
      asked.put(id(number), 1);
      if (number < 40) {
        expected.put(id(number), (long) bytes(number).length);
      }
    }
    for (StoredChunks reader : List.of(store, made.reader())) {
      Map<ChunkId, Long> sizes = new HashMap<>();
      reader.sizes(asked, (id, bytes) -> assertThat(sizes.put(id, bytes)).isNull());
      assertThat(sizes).isEqualTo(expected);
    }
  }

  @Test
  void everythingIsCounted() throws IOException {
    put(1, 40);
    long bytes = 0;
    for (int number = 1; number < 40; number++) {
      bytes += bytes(number).length;
    }
    StoredChunks.Total total = made.reader().count();
    assertThat(total.chunks()).isEqualTo(39);
    assertThat(total.bytes()).isGreaterThanOrEqualTo(bytes);
    assertThat(store.freeBytes().orElse(1)).isPositive();
  }

  @Test
  void bytesLongerThanAnyChunkAreCorrupt() throws IOException {
    put(1, 2);
    made.overwriteChunk(id(1), new byte[BUFFER_BYTES - 1]);
    assertThatThrownBy(() -> read(store, id(1))).isInstanceOf(ChunkCorrupt.class);
  }

  @Test
  void aStoreThatIsOpenSaysSoAndWhereItIs() throws IOException {
    assertThat(store.isWriting()).isTrue();
    assertThat(store.isUsable()).isTrue();
    assertThat(made.reader().isUsable()).isTrue();
    assertThat(store.place()).isNotBlank().isEqualTo(made.reader().place());
  }

  @Test
  void aClosedStoreTakesNothing() throws IOException {
    StoreSession session = store.openSession();
    store.close();
    assertThatThrownBy(() -> session.put(id(1), frame(bytes(1)))).isInstanceOf(IOException.class);
    store = made.open();
  }

  @Test
  void imagesAreRestoredByteForByteAndTheirChunksAreStoredOnce() throws IOException {
    String parent = capture("parent", 1, 2, 0, 3);
    String child =
        images.capture(
            store, workspaces, "child", List.of(1, 9, 0, 3, 1), parent, new Cancellation());
    images.check(made.reader(), workspaces, parent);
    images.check(made.reader(), workspaces, child);
    assertThat(store.count().chunks()).isEqualTo(5);
  }

  @Test
  void aChunkThatTheParentHasLostIsReadAndStoredAgain() throws IOException {
    String parent = capture("parent", 1, 2, 3);
    made.loseChunk(PoolImages.id(2));
    String child =
        images.capture(store, workspaces, "child", List.of(1, 2, 4), parent, new Cancellation());
    images.check(store, workspaces, child);
    images.check(store, workspaces, parent);
  }
}
