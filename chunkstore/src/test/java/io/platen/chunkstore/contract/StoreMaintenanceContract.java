package io.platen.chunkstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.platen.chunkstore.Accounting;
import io.platen.chunkstore.BadChunk;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.Collected;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.DamagedIndex;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.chunkstore.Verified;
import io.platen.chunkstore.Verifier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What {@code StoreMaintenance} promises, and what verification and accounting find in any store.
 * The collections are hit at their gaps: the listener does there what others might do at that
 * moment.
 */
@Timeout(120)
public abstract class StoreMaintenanceContract extends StoreContract {
  private Collected collect(boolean dryRun, CollectionListener listener) throws IOException {
    return collect(images, dryRun, listener);
  }

  private Collected collect(IndexRoots roots, boolean dryRun, CollectionListener listener)
      throws IOException {
    return store
        .maintenance()
        .collect(roots, dryRun, Pace.unlimited(), listener, new Cancellation());
  }

  private Collected collect() throws IOException {
    return collect(false, CollectionListener.NONE);
  }

  private List<Integer> stored(int pool) throws IOException {
    List<Integer> found = new ArrayList<>();
    for (int number = 0; number < pool; number++) {
      if (made.reader().has(PoolImages.id(number))) {
        found.add(number);
      }
    }
    return found;
  }

  /** All indexes are needed. */
  private class Needed implements IndexRoots {
    @Override
    public void list(Visitor visitor) throws IOException {
      images.list(visitor);
    }

    @Override
    public Index open(String name) throws IOException {
      return indexes.open(name);
    }

    @Override
    public boolean isNeeded(String name) {
      return true;
    }
  }

  /** Does something at the first moment at which garbage is known and nothing was removed yet. */
  private interface Gap {
    void run() throws IOException;
  }

  private static CollectionListener onceMarked(Gap gap) {
    return new CollectionListener() {
      @Override
      public void marked() throws IOException {
        gap.run();
      }
    };
  }

  @Test
  void whatNoIndexNamesIsRemovedAndTheRestStaysAndADryRunSaysSoBefore() throws IOException {
    capture("a", 1, 2, 0);
    images.delete(capture("b", 2, 3, 4));
    Collected dry = collect(true, CollectionListener.NONE);
    assertThat(stored(5)).containsExactly(0, 1, 2, 3, 4);
    Collected collected = collect();
    assertThat(collected).isEqualTo(dry);
    assertThat(collected.indexes()).isEqualTo(1);
    assertThat(collected.keptChunks()).isEqualTo(3);
    assertThat(collected.missingChunks()).isZero();
    assertThat(collected.removedChunks()).isEqualTo(2);
    assertThat(collected.removedBytes()).isPositive();
    assertThat(stored(5)).containsExactly(0, 1, 2);
    images.checkAll(made.reader(), workspaces);
    assertThat(collect().removedChunks()).isZero();
  }

  @Test
  void whatWasRemovedIsStoredAgainByTheNextCapture() throws IOException {
    for (int round = 0; round < 3; round++) {
      String index = capture("a", 1, 2, 3);
      images.check(store, workspaces, index);
      images.delete(index);
      assertThat(collect().removedChunks()).isEqualTo(3);
      assertThat(store.isEmpty()).isTrue();
    }
  }

  @Test
  void whatAnIndexTookOverFromOneThatIsDeletedStays() throws IOException {
    String parent = capture("parent", 1, 2, 3);
    images.capture(store, workspaces, "child", List.of(1, 9, 3), parent, new Cancellation());
    images.delete(parent);
    assertThat(collect().removedChunks()).isEqualTo(1);
    images.checkAll(store, workspaces);
  }

  @Test
  void aCaptureThatReusesGarbageBetweenMarkAndSweepLosesNothing() throws IOException {
    images.delete(capture("old", 1, 2, 3));
    collect(false, onceMarked(() -> capture("new", 3, 2)));
    images.checkAll(store, workspaces);
    collect();
    assertThat(stored(4)).containsExactly(2, 3);
  }

  @Test
  void aCaptureThatBeganBeforeAndEndsAfterMarkingLosesNothing() throws Exception {
    images.delete(capture("old", 1, 2, 3));
    CountDownLatch marked = new CountDownLatch(1);
    CountDownLatch published = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newSingleThreadExecutor();
        StoreSession session = store.openSession()) {
      assertThat(session.claim(PoolImages.id(1))).isTrue();
      assertThat(session.claim(PoolImages.id(3))).isTrue();
      session.sync();
      Future<Collected> collecting =
          threads.submit(
              () ->
                  collect(
                      false,
                      onceMarked(
                          () -> {
                            marked.countDown();
                            await(published);
                          })));
      await(marked);
      images.capture(over(session), workspaces, "new", List.of(1, 3), null, new Cancellation());
      published.countDown();
      collecting.get(1, TimeUnit.MINUTES);
    }
    images.checkAll(store, workspaces);
    assertThat(stored(4)).containsExactly(1, 3);
  }

  /** The store, to a capture whose session began before. */
  private ChunkStore over(StoreSession session) {
    return new ForwardingStore(store) {
      @Override
      public StoreSession openSession() {
        return session;
      }
    };
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(1, TimeUnit.MINUTES)) {
        throw new IOException("nothing happened within a minute");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void aCaptureThatNeedsAChunkAtTheMomentOfItsRemovalHasItAfterwards() throws Exception {
    images.delete(capture("old", 1, 2, 3));
    List<Future<String>> captures = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      collect(
          false,
          new CollectionListener() {
            @Override
            public void removing(ChunkId id) {
              int number = captures.size();
              captures.add(threads.submit(() -> capture("new" + number, 1, 2, 3)));
            }
          });
      for (Future<String> each : captures) {
        each.get(1, TimeUnit.MINUTES);
      }
    }
    assertThat(captures).isNotEmpty();
    images.checkAll(made.reader(), workspaces);
  }

  @Test
  void aCaptureThatFailedLeavesItsChunksToTheNextCollection() throws IOException {
    Cancellation cancelled = new Cancellation();
    cancelled.cancel();
    assertThatThrownBy(() -> images.capture(store, workspaces, "x", List.of(5, 6), null, cancelled))
        .isInstanceOf(Cancelled.class);
    try (StoreSession given = store.openSession()) {
      given.put(PoolImages.id(7), frame(new byte[] {1, 2, 3}));
      given.sync();
    }
    store.close();
    store = made.open();
    collect();
    assertThat(store.isEmpty()).isTrue();
  }

  @Test
  void anIndexThatIsNoIndexStopsTheCollectionBeforeAnythingIsRemoved() throws IOException {
    capture("a", 1, 2);
    images.delete(capture("c", 5, 6));
    String damaged = capture("b", 3, 4);
    made.overwriteIndex(damaged, new byte[1000]);
    List<ChunkId> removing = new ArrayList<>();
    assertThatThrownBy(
            () ->
                collect(
                    false,
                    new CollectionListener() {
                      @Override
                      public void marked() {
                        throw new AssertionError("not all was read");
                      }

                      @Override
                      public void removing(ChunkId id) {
                        removing.add(id);
                      }
                    }))
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining(indexes.place(damaged));
    assertThat(removing).isEmpty();
    assertThat(stored(7)).containsExactly(1, 2, 3, 4, 5, 6);
    images.delete(damaged);
    assertThat(collect().removedChunks()).isEqualTo(4);
  }

  @Test
  void anIndexOfAnotherDigestStopsTheCollectionBeforeAnythingIsRemoved() throws IOException {
    String index = capture("a", 1, 2);
    images.delete(capture("c", 5));
    IndexRoots roots =
        new Needed() {
          @Override
          public void list(Visitor visitor) throws IOException {
            visitor.visit(new IndexRoot(index, "00".repeat(32)));
          }
        };
    assertThatThrownBy(() -> collect(roots, false, CollectionListener.NONE))
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining("SHA-256");
    assertThat(stored(6)).containsExactly(1, 2, 5);
  }

  @Test
  void anIndexThatIsGoneStopsTheCollectionOnlyWhereItIsNeeded() throws IOException {
    capture("a", 1);
    images.delete(capture("c", 5));
    for (boolean needed : new boolean[] {true, false}) {
      IndexRoots roots =
          new Needed() {
            @Override
            public void list(Visitor visitor) throws IOException {
              images.list(visitor);
              visitor.visit(new IndexRoot("gone", null));
            }

            @Override
            public boolean isNeeded(String name) {
              return needed;
            }
          };
      if (needed) {
        assertThatThrownBy(() -> collect(roots, false, CollectionListener.NONE))
            .isInstanceOf(IndexCorrupt.class)
            .hasMessageContaining("missing");
        assertThat(stored(6)).containsExactly(1, 5);
      } else {
        assertThat(collect(roots, false, CollectionListener.NONE).indexes()).isEqualTo(1);
        assertThat(stored(6)).containsExactly(1);
      }
    }
  }

  @Test
  void rootsThatCanNotBeListedStopTheCollectionWithTheirOwnFailure() throws IOException {
    images.delete(capture("c", 5));
    IndexRoots roots =
        new Needed() {
          @Override
          public void list(Visitor visitor) throws IOException {
            throw new IOException("the database is another's");
          }
        };
    assertThatThrownBy(() -> collect(roots, false, CollectionListener.NONE))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("the database is another's");
    assertThat(stored(6)).containsExactly(5);
  }

  @Test
  void aCollectionThatEndsAtAnyStepLosesNothingAndTheNextOneFinishesIt() throws IOException {
    capture("a", 1, 2, 3);
    for (int stop = 0; ; stop++) {
      images.delete(capture("b", 3, 4, 5, 6));
      boolean ended = false;
      try {
        collect(false, new StoppingAfter(stop));
        ended = true;
      } catch (Cancelled e) {
        images.checkAll(store, workspaces);
      }
      collect();
      assertThat(stored(7)).containsExactly(1, 2, 3);
      images.checkAll(store, workspaces);
      if (ended) {
        assertThat(stop).isGreaterThan(3);
        return;
      }
    }
  }

  private static final class StoppingAfter implements CollectionListener {
    private int left;

    StoppingAfter(int steps) {
      left = steps;
    }

    private void step() throws Cancelled {
      if (left-- == 0) {
        throw new Cancelled("stopped by the test");
      }
    }

    @Override
    public void marking(String index) throws IOException {
      step();
    }

    @Override
    public void marked() throws IOException {
      step();
    }

    @Override
    public void removing(ChunkId id) throws IOException {
      step();
    }
  }

  @Test
  void aCancelledCollectionEndsBeforeItRemovesAnything() throws IOException {
    images.delete(capture("b", 3, 4));
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                store
                    .maintenance()
                    .collect(
                        images,
                        false,
                        Pace.unlimited(),
                        onceMarked(cancellation::cancel),
                        cancellation))
        .isInstanceOf(Cancelled.class);
    assertThat(stored(5)).containsExactly(3, 4);
  }

  @Test
  void whatIsSetAsideIsMissingUntilACaptureStoresItAgain() throws IOException {
    String index = capture("a", 1, 2);
    made.overwriteChunk(PoolImages.id(2), new byte[] {1, 2, 3});
    assertThat(store.maintenance().setAside(PoolImages.id(2))).isTrue();
    assertThat(stored(3)).containsExactly(1);
    assertThat(store.maintenance().setAside(PoolImages.id(2))).isTrue();
    capture("b", 2);
    images.check(made.reader(), workspaces, index);
  }

  @Test
  void whatASessionHasClaimedIsNotSetAside() throws IOException {
    capture("a", 1);
    try (StoreSession session = store.openSession()) {
      assertThat(session.claim(PoolImages.id(1))).isTrue();
      assertThat(store.maintenance().setAside(PoolImages.id(1))).isFalse();
      assertThat(stored(2)).containsExactly(1);
    }
    assertThat(store.maintenance().setAside(PoolImages.id(1))).isTrue();
    assertThat(stored(2)).isEmpty();
  }

  private Verified verify(Fault fault) throws IOException {
    return new Verifier(new FaultyStore(store, fault), workspaces, 2, Pace.unlimited())
        .verify(images, Verifier.Listener.NONE, new Cancellation());
  }

  @Test
  void aVerificationFindsWhatIsCorruptOrMissingAndTheIndexesThatAreHurt() throws IOException {
    String a = capture("a", 1, 2);
    String b = capture("b", 2, 3, 4);
    capture("c", 5);
    made.overwriteChunk(PoolImages.id(2), new byte[] {1, 2, 3});
    made.loseChunk(PoolImages.id(4));
    Verified verified = verify((operation, what) -> {});
    assertThat(verified.badChunks()).isEqualTo(2);
    assertThat(verified.bad())
        .extracting(BadChunk::kind)
        .containsExactlyInAnyOrder(BadChunk.Kind.CORRUPT, BadChunk.Kind.MISSING);
    assertThat(verified.damaged())
        .extracting(DamagedIndex::name, DamagedIndex::badChunks)
        .containsExactlyInAnyOrder(tuple(a, 1L), tuple(b, 2L));
  }

  @Test
  void aChunkThatIsCutOffIsCorruptAndOneThatCanNotBeAskedForIsUnavailable() throws IOException {
    capture("a", 1, 2);
    assertThat(verify(Fault.truncation(100)).bad())
        .hasSize(2)
        .extracting(BadChunk::kind)
        .containsOnly(BadChunk.Kind.CORRUPT);
    assertThat(
            verify(
                    Fault.error(
                        Operation.READ, 0, id -> new StoreUnavailable(id, new IOException("503"))))
                .bad())
        .hasSize(2)
        .extracting(BadChunk::kind)
        .containsOnly(BadChunk.Kind.UNAVAILABLE);
    assertThat(verify((operation, what) -> {}).isSound()).isTrue();
  }

  @Test
  void theAccountsAreThoseOfTheStoredBytes() throws IOException {
    String a = capture("a", 1, 2, 0);
    String b = capture("b", 2, 3, 4);
    made.loseChunk(PoolImages.id(4));
    Accounting.Total total =
        new Accounting(made.reader())
            .count(
                images,
                visitor -> {
                  visitor.visit(new IndexRoot(a, null), 0);
                  visitor.visit(new IndexRoot(b, null), 1);
                },
                2,
                new Cancellation());
    assertThat(total.storedChunks()).isEqualTo(5);
    assertThat(total.storedBytes()).isEqualTo(bytes(0, 1, 2, 3));
    Accounting.Usage usage = total.owners().getFirst().orElseThrow();
    assertThat(usage.storedBytes()).isEqualTo(bytes(0, 1, 2));
    assertThat(usage.exclusiveBytes()).isEqualTo(bytes(0, 1));
    assertThat(usage.sharedChunks()).isEqualTo(1);
  }

  private long bytes(int... chunks) throws IOException {
    var ids = new ChunkIdSet(0, ChunkIdSet.PREFIXES);
    for (int chunk : chunks) {
      ids.put(PoolImages.id(chunk), 1);
    }
    long[] sum = new long[1];
    made.reader().sizes(ids, (id, bytes) -> sum[0] += bytes);
    return sum[0];
  }

  @Test
  void aRestoreFromAStoreThatFailsEndsWithItsFailure() throws IOException {
    String index = capture("a", 1, 2, 3);
    var failing =
        new FaultyStore(
            store,
            Fault.error(
                Operation.READ, 1, id -> new StoreUnavailable("gone: " + id, new IOException())));
    assertThatThrownBy(() -> images.check(failing, workspaces, index))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageStartingWith("gone: ");
    images.check(store, workspaces, index);
  }
}
