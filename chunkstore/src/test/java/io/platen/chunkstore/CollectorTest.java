package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.PoolImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a collection of a directory promises beyond the contract of all stores: replays how other
 * systems lost chunks, or kept garbage.
 */
class CollectorTest {
  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private DirectoryUnderTest made;
  private PoolImages images;
  private FileChunkStore store;

  @BeforeEach
  void open() throws IOException {
    made = new DirectoryUnderTest(directory);
    images = new PoolImages(made.indexes());
    store = made.open();
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    workspaces.close();
  }

  private String capture(String name, Integer... chunks) throws IOException {
    return images.capture(store, workspaces, name, List.of(chunks), null, new Cancellation());
  }

  private Collected collect() throws IOException {
    return collect(CollectionListener.NONE);
  }

  private Collected collect(CollectionListener listener) throws IOException {
    return store.collect(images, false, Pace.unlimited(), listener, new Cancellation());
  }

  private static CollectionListener onceMarked(Runnable gap) {
    return new CollectionListener() {
      @Override
      public void marked() {
        gap.run();
      }
    };
  }

  @Test
  void whatNoIndexNamesIsRemovedWithItsDirectoryAndCountedByItsFile() throws IOException {
    capture("a", 1, 2, 0);
    images.delete(capture("b", 2, 3, 4));
    long bytes = made.storedBytes(PoolImages.id(3)) + made.storedBytes(PoolImages.id(4));
    assertThat(collect()).isEqualTo(new Collected(1, 3, 0, 2, bytes, 0));
    assertThat(made.reader().prefixes(0, ChunkIdSet.PREFIXES)).hasSize(3);
  }

  @Test
  void anOpenCaptureKeepsWhatItClaimedBetweenMarkAndSweep() throws IOException {
    images.delete(capture("old", 1, 2, 3));
    StoreSession session = store.openSession();
    Collected collected =
        collect(
            new CollectionListener() {
              @Override
              public void marked() throws IOException {
                assertThat(session.claim(PoolImages.id(2))).isTrue();
              }
            });
    assertThat(collected.removedChunks()).isEqualTo(2);
    assertThat(collected.pinnedChunks()).isEqualTo(1);
    assertThat(made.stored()).containsExactlyElementsOf(PoolImages.ids(2));
    session.close();
    assertThat(collect().removedChunks()).isEqualTo(1);
  }

  @Test
  void aChunkClaimedAtTheMomentOfItsRemovalIsKept() throws IOException {
    images.delete(capture("old", 1));
    try (StoreSession session = store.openSession()) {
      CollectionListener claiming =
          new CollectionListener() {
            @Override
            public void removing(ChunkId id) throws IOException {
              assertThat(session.claim(id)).isTrue();
            }
          };
      assertThat(collect(claiming).pinnedChunks()).isEqualTo(1);
      assertThat(made.stored()).hasSize(1);
    }
  }

  @Test
  void aCaptureThatPublishesAndEndsAfterTheIndexesWereListedIsSeenByItsPins() throws IOException {
    images.delete(capture("old", 1, 2, 3));
    Collected collected =
        collect(
            new CollectionListener() {
              @Override
              public void marked() throws IOException {
                capture("new", 3, 2, 1);
              }
            });
    assertThat(collected.removedChunks()).isZero();
    assertThat(collected.pinnedChunks()).isEqualTo(3);
    images.checkAll(store, workspaces);
  }

  @Test
  void anOpenCaptureKeepsWhatItClaimedBeforeTheCollectionBegan() throws IOException {
    images.delete(capture("old", 1, 2));
    StoreSession session = store.openSession();
    assertThat(session.claim(PoolImages.id(1))).isTrue();
    assertThat(collect().removedChunks()).isEqualTo(1);
    assertThat(session.claim(PoolImages.id(1))).isTrue();
    assertThat(session.claim(PoolImages.id(2))).isFalse();
    session.close();
    assertThat(collect().removedChunks()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"flipped", "truncated", "id"})
  void anUnreadableIndexStopsTheCollectionAndNothingIsChanged(String damage) throws IOException {
    capture("a", 1, 2);
    String damaged = capture("b", 3, 4);
    images.delete(capture("c", 5, 6));
    Path file = Path.of(made.indexes().place(damaged));
    byte[] good = Files.readAllBytes(file);
    String digest = HexFormat.of().formatHex(Sha256.create().digest(good));
    byte[] bad = good.clone();
    switch (damage) {
      case "flipped" -> bad[Format.ITEMS_OFFSET] ^= 1;
      case "truncated" -> bad = Arrays.copyOf(good, good.length - 1);
      // A flipped bit inside an id: the index is well formed, and names another chunk.
      default -> bad[Format.ITEMS_OFFSET + 20] ^= 1;
    }
    made.overwriteIndex(damaged, bad);
    IndexRoots roots =
        new IndexRoots() {
          @Override
          public void list(Visitor visitor) throws IOException {
            for (String name : images.live()) {
              visitor.visit(new IndexRoot(name, name.equals(damaged) ? digest : null));
            }
          }

          @Override
          public Index open(String name) throws IOException {
            return images.open(name);
          }

          @Override
          public boolean isNeeded(String name) {
            return true;
          }
        };
    assertThatThrownBy(
            () ->
                store.collect(
                    roots, false, Pace.unlimited(), CollectionListener.NONE, new Cancellation()))
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining(file.toString());
    assertThat(made.stored()).hasSize(6);
    made.overwriteIndex(damaged, good);
    assertThat(collect().removedChunks()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {-100_000, 100_000})
  void clocksThatJumpChangeNothing(long hours) throws IOException {
    capture("a", 1, 2);
    images.delete(capture("b", 3, 4));
    StoreSession session = store.openSession();
    assertThat(session.claim(PoolImages.id(3))).isTrue();
    FileTime jumped = FileTime.from(Instant.now().plus(Duration.ofHours(hours)));
    for (ChunkId id : made.stored()) {
      Files.setLastModifiedTime(made.reader().file(id), jumped);
    }
    assertThat(collect().removedChunks()).isEqualTo(1);
    assertThat(made.stored()).containsExactlyInAnyOrderElementsOf(PoolImages.ids(1, 2, 3));
    session.close();
    images.checkAll(store, workspaces);
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
    images.delete(capture("b", 121, 122, 1));
    int[] marks = new int[2];
    Collected collected =
        new Collector(store, Pace.unlimited(), 16)
            .collect(
                images,
                false,
                new CollectionListener() {
                  @Override
                  public void marking(String index) {
                    marks[0]++;
                  }

                  @Override
                  public void marked() {
                    marks[1]++;
                  }
                },
                new Cancellation());
    assertThat(collected.removedChunks()).isEqualTo(2);
    assertThat(collected.keptChunks()).isEqualTo(120);
    assertThat(collected.missingChunks()).isZero();
    assertThat(marks[0]).isGreaterThan(4 * 8);
    assertThat(marks[1]).isEqualTo(1);
    images.checkAll(store, workspaces);
  }

  @Test
  void onlyOneCollectionIsUnderWayAtATime() throws IOException {
    capture("a", 1);
    collect(
        onceMarked(
            () ->
                assertThatThrownBy(CollectorTest.this::collect)
                    .isInstanceOf(IllegalStateException.class)));
    collect();
  }

  @Test
  void foreignFilesInTheStoreAreLeftAlone() throws IOException {
    Path foreign = made.chunks().resolve("abcd");
    Files.createDirectories(foreign);
    Files.writeString(foreign.resolve("readme.txt"), "mine");
    Files.writeString(foreign.resolve("0".repeat(64) + ".cacnk"), "wrong directory");
    collect();
    assertThat(foreign.toFile().list()).hasSize(2);
  }
}
