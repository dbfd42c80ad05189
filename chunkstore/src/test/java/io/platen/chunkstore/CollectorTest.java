package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replays how other systems lost chunks, or kept garbage. */
class CollectorTest {
  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private PoolImages images;
  private FileChunkStore store;

  @BeforeEach
  void open() throws IOException {
    images = new PoolImages(directory);
    store = FileChunkStore.open(images.store());
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    workspaces.close();
  }

  private Path capture(String name, Integer... chunks) throws IOException {
    return images.capture(store, workspaces, name, List.of(chunks), null, new Cancellation());
  }

  private Collected collect() throws IOException {
    return collect(false, Collector.Listener.NONE);
  }

  private Collected collect(boolean dryRun, Collector.Listener listener) throws IOException {
    return new Collector(store, Pace.unlimited())
        .collect(images, dryRun, listener, new Cancellation());
  }

  private void checkAll() throws IOException {
    for (Path index : images.live()) {
      images.check(store, workspaces, index);
    }
  }

  private static List<ChunkId> ids(Integer... numbers) {
    return List.of(numbers).stream().map(PoolImages::id).toList();
  }

  @Test
  void whatNoIndexNamesIsRemovedWithItsDirectoryAndTheRestStays() throws IOException {
    capture("a", 1, 2, 0);
    Files.delete(capture("b", 2, 3, 4));
    long bytes = images.storedBytes(PoolImages.id(3)) + images.storedBytes(PoolImages.id(4));
    Collected dry = collect(true, Collector.Listener.NONE);
    assertThat(images.stored()).hasSize(5);
    Collected collected = collect();
    assertThat(collected).isEqualTo(dry).isEqualTo(new Collected(1, 3, 0, 2, bytes, 0));
    assertThat(images.stored()).containsExactlyInAnyOrderElementsOf(ids(1, 2, 0));
    assertThat(new ChunkDirectory(images.store()).prefixes(0, ChunkIdSet.PREFIXES)).hasSize(3);
    checkAll();
    assertThat(collect().removedChunks()).isZero();
  }

  @Test
  void aDirectoryThatWasRemovedIsMadeAgainByTheNextCapture() throws IOException {
    for (int round = 0; round < 5; round++) {
      Path index = capture("a", 1, 2, 3);
      checkAll();
      Files.delete(index);
      assertThat(collect().removedChunks()).isEqualTo(3);
      assertThat(images.stored()).isEmpty();
    }
  }

  @Test
  void aTemplateMadeFromASecondOneThatIsDeletedBeforeMarkingKeepsWhatItTookOver()
      throws IOException {
    Path parent = capture("parent", 1, 2, 3, 4);
    Path child =
        images.capture(store, workspaces, "child", List.of(1, 9, 3, 4), parent, new Cancellation());
    Files.delete(parent);
    Collected collected = collect();
    assertThat(collected.removedChunks()).isEqualTo(1);
    images.check(store, workspaces, child);
  }

  @Test
  void aChunkThatACaptureReusesBetweenMarkAndSweepStays() throws IOException {
    Files.delete(capture("old", 1, 2, 3));
    List<StoreSession> session = new ArrayList<>();
    Collector.Listener reusing =
        new Collector.Listener() {
          @Override
          public void sweeping(int prefix) throws IOException {
            if (session.isEmpty()) {
              session.add(store.openSession());
              assertThat(session.getFirst().claim(PoolImages.id(2))).isTrue();
            }
          }
        };
    Collected collected = collect(false, reusing);
    assertThat(collected.removedChunks()).isEqualTo(2);
    assertThat(collected.pinnedChunks()).isEqualTo(1);
    assertThat(images.stored()).containsExactlyElementsOf(ids(2));
    session.getFirst().close();
    assertThat(collect().removedChunks()).isEqualTo(1);
  }

  @Test
  void aChunkClaimedAtTheMomentOfItsRemovalIsEitherKeptOrSeenAsGone() throws IOException {
    Files.delete(capture("old", 1));
    try (StoreSession session = store.openSession()) {
      Collector.Listener claiming =
          new Collector.Listener() {
            @Override
            public void removing(ChunkId id) throws IOException {
              assertThat(session.claim(id)).isTrue();
            }
          };
      assertThat(collect(false, claiming).pinnedChunks()).isEqualTo(1);
      assertThat(images.stored()).hasSize(1);
    }
  }

  @Test
  void aCaptureThatPublishesAndEndsAfterTheIndexesWereListedLosesNothing() throws IOException {
    Files.delete(capture("old", 1, 2, 3));
    boolean[] captured = new boolean[1];
    Collector.Listener capturing =
        new Collector.Listener() {
          @Override
          public void sweeping(int prefix) throws IOException {
            if (!captured[0]) {
              captured[0] = true;
              capture("new", 3, 2, 1);
            }
          }
        };
    Collected collected = collect(false, capturing);
    assertThat(collected.removedChunks()).isZero();
    assertThat(collected.pinnedChunks()).isEqualTo(3);
    checkAll();
  }

  @Test
  void anOpenCaptureKeepsWhatItClaimedBeforeTheCollectionBegan() throws IOException {
    Files.delete(capture("old", 1, 2));
    StoreSession session = store.openSession();
    assertThat(session.claim(PoolImages.id(1))).isTrue();
    assertThat(collect().removedChunks()).isEqualTo(1);
    assertThat(session.claim(PoolImages.id(1))).isTrue();
    assertThat(session.claim(PoolImages.id(2))).isFalse();
    session.close();
    assertThat(collect().removedChunks()).isEqualTo(1);
  }

  @Test
  void aCaptureThatFailedLeavesItsChunksToTheNextCollection() throws IOException {
    Cancellation cancelled = new Cancellation();
    cancelled.cancel();
    assertThatThrownBy(() -> images.capture(store, workspaces, "x", List.of(5, 6), null, cancelled))
        .isInstanceOf(Cancelled.class);
    store.close();
    store = FileChunkStore.open(images.store());
    collect();
    assertThat(images.stored()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flipped", "truncated", "id"})
  void anUnreadableIndexStopsTheCollectionAndNothingIsChanged(String damage) throws IOException {
    capture("a", 1, 2);
    Path hurt = capture("b", 3, 4);
    Files.delete(capture("c", 5, 6));
    byte[] good = Files.readAllBytes(hurt);
    String digest = java.util.HexFormat.of().formatHex(Sha256.create().digest(good));
    byte[] bad = good.clone();
    switch (damage) {
      case "flipped" -> bad[Format.ITEMS_OFFSET] ^= 1;
      case "truncated" -> bad = java.util.Arrays.copyOf(good, good.length - 1);
      // A flipped bit inside an id: the index is well formed, and names another chunk.
      default -> bad[Format.ITEMS_OFFSET + 20] ^= 1;
    }
    Files.write(hurt, bad);
    IndexRoots roots =
        new IndexRoots() {
          @Override
          public void list(Visitor visitor) throws IOException {
            for (Path file : images.live()) {
              visitor.visit(new IndexRoot(file, file.equals(hurt) ? digest : null));
            }
          }

          @Override
          public boolean isNeeded(Path file) {
            return true;
          }
        };
    assertThatThrownBy(
            () ->
                new Collector(store, Pace.unlimited())
                    .collect(roots, false, Collector.Listener.NONE, new Cancellation()))
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining(hurt.toString());
    assertThat(images.stored()).hasSize(6);
    Files.write(hurt, good);
    assertThat(collect().removedChunks()).isEqualTo(2);
  }

  @Test
  void anIndexThatVanishesStopsTheCollectionOnlyIfItIsNeeded() throws IOException {
    capture("a", 1);
    Path vanished = images.index("gone", List.of(2));
    for (boolean needed : new boolean[] {true, false}) {
      IndexRoots roots =
          new IndexRoots() {
            @Override
            public void list(Visitor visitor) throws IOException {
              visitor.visit(new IndexRoot(images.index("a", List.of(1)), null));
              visitor.visit(new IndexRoot(vanished, null));
            }

            @Override
            public boolean isNeeded(Path file) {
              return needed;
            }
          };
      Collector collector = new Collector(store, Pace.unlimited());
      if (needed) {
        assertThatThrownBy(
                () -> collector.collect(roots, false, Collector.Listener.NONE, new Cancellation()))
            .isInstanceOf(IndexCorrupt.class)
            .hasMessageContaining("missing");
      } else {
        assertThat(
                collector
                    .collect(roots, false, Collector.Listener.NONE, new Cancellation())
                    .indexes())
            .isEqualTo(1);
      }
    }
    assertThat(images.stored()).hasSize(1);
  }

  @Test
  void aCollectionThatEndsAtAnyStepLosesNothingAndTheNextOneFinishesIt() throws IOException {
    capture("a", 1, 2, 3);
    for (int stop = 0; ; stop++) {
      Files.delete(capture("b", 3, 4, 5, 6));
      int[] left = {stop};
      boolean ended = false;
      try {
        collect(false, stoppingAfter(left));
        ended = true;
      } catch (Cancelled e) {
        checkAll();
      }
      collect();
      assertThat(images.stored()).containsExactlyInAnyOrderElementsOf(ids(1, 2, 3));
      checkAll();
      if (ended) {
        assertThat(stop).isGreaterThan(6);
        return;
      }
    }
  }

  private static Collector.Listener stoppingAfter(int[] left) {
    return new Collector.Listener() {
      private void step() throws Cancelled {
        if (left[0]-- == 0) {
          throw new Cancelled("stopped by the test");
        }
      }

      @Override
      public void marking(Path index) throws IOException {
        step();
      }

      @Override
      public void sweeping(int prefix) throws IOException {
        step();
      }

      @Override
      public void removing(ChunkId id) throws IOException {
        step();
      }
    };
  }

  @ParameterizedTest
  @ValueSource(longs = {-100_000, 100_000})
  void clocksThatJumpChangeNothing(long hours) throws IOException {
    capture("a", 1, 2);
    Files.delete(capture("b", 3, 4));
    StoreSession session = store.openSession();
    assertThat(session.claim(PoolImages.id(3))).isTrue();
    FileTime jumped = FileTime.from(Instant.now().plus(Duration.ofHours(hours)));
    for (ChunkId id : images.stored()) {
      Files.setLastModifiedTime(new ChunkDirectory(images.store()).file(id), jumped);
    }
    assertThat(collect().removedChunks()).isEqualTo(1);
    assertThat(images.stored()).containsExactlyInAnyOrderElementsOf(ids(1, 2, 3));
    session.close();
    checkAll();
  }

  @Test
  void tooManyIdsForOneTableTakeMorePassesAndGiveTheSame() throws IOException {
    for (int image = 0; image < 4; image++) {
      List<Integer> numbers = new ArrayList<>();
      for (int i = 1; i <= 30; i++) {
        numbers.add(30 * image + i);
      }
      images.capture(store, workspaces, "many", numbers, null, new Cancellation());
    }
    Files.delete(capture("b", 121, 122, 1));
    int[] marks = new int[1];
    Collected collected =
        new Collector(store, Pace.unlimited(), 16)
            .collect(
                images,
                false,
                new Collector.Listener() {
                  @Override
                  public void marking(Path index) {
                    marks[0]++;
                  }
                },
                new Cancellation());
    assertThat(collected.removedChunks()).isEqualTo(2);
    assertThat(collected.keptChunks()).isEqualTo(120);
    assertThat(collected.missingChunks()).isZero();
    assertThat(marks[0]).isGreaterThan(4 * 8);
    checkAll();
  }

  @Test
  void onlyOneCollectionIsUnderWayAtATime() throws IOException {
    capture("a", 1);
    Collector.Listener again =
        new Collector.Listener() {
          @Override
          public void marking(Path index) throws IOException {
            assertThatThrownBy(CollectorTest.this::collect)
                .isInstanceOf(IllegalStateException.class);
          }
        };
    collect(false, again);
    collect();
  }

  @Test
  void foreignFilesInTheStoreAreLeftAlone() throws IOException {
    Path foreign = images.store().resolve("abcd");
    Files.createDirectories(foreign);
    Files.writeString(foreign.resolve("readme.txt"), "mine");
    Files.writeString(foreign.resolve("0".repeat(64) + ".cacnk"), "wrong directory");
    collect();
    assertThat(foreign.toFile().list()).hasSize(2);
  }
}
