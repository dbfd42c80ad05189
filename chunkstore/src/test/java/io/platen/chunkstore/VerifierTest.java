package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.PoolImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierTest {
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

  private Verified verify(Verifier.Listener listener) throws IOException {
    return new Verifier(store, workspaces, 2, Pace.unlimited())
        .verify(images, listener, new Cancellation());
  }

  private Path file(int chunk) {
    return made.reader().file(PoolImages.id(chunk));
  }

  private void flipBit(int chunk) throws IOException {
    byte[] bytes = Files.readAllBytes(file(chunk));
    bytes[bytes.length / 2] ^= 4;
    Files.write(file(chunk), bytes);
  }

  @Test
  void everyChunkIsReadOnceHoweverManyIndexesNameIt() throws IOException {
    capture("a", 1, 2, 0, 0);
    capture("b", 2, 1, 3);
    Verified verified = verify(Verifier.Listener.NONE);
    assertThat(verified.isSound()).isTrue();
    assertThat(verified.indexes()).isEqualTo(2);
    assertThat(verified.chunks()).isEqualTo(4);
    long bytes = 0;
    for (ChunkId id : made.stored()) {
      bytes += made.storedBytes(id);
    }
    assertThat(verified.bytes()).isEqualTo(bytes);
  }

  @Test
  void corruptAndMissingChunksAreReportedWithThoseTheyHurtAndNothingIsChanged() throws IOException {
    String a = capture("a", 1, 2);
    String b = capture("b", 2, 3, 4);
    capture("c", 5);
    flipBit(2);
    Files.delete(file(4));
    List<BadChunk> heard = new ArrayList<>();
    Verified verified =
        verify(
            new Verifier.Listener() {
              @Override
              public void bad(BadChunk chunk) {
                heard.add(chunk);
              }
            });
    assertThat(verified.badChunks()).isEqualTo(2);
    assertThat(verified.bad())
        .containsExactlyInAnyOrderElementsOf(heard)
        .extracting(BadChunk::kind)
        .containsExactlyInAnyOrder(BadChunk.Kind.CORRUPT, BadChunk.Kind.MISSING);
    assertThat(verified.damaged())
        .extracting(DamagedIndex::name, DamagedIndex::badChunks)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(a, 1L), org.assertj.core.groups.Tuple.tuple(b, 2L));
    assertThat(verify(Verifier.Listener.NONE).badChunks()).isEqualTo(2);
    assertThat(made.chunks().resolve(".bad")).doesNotExist();
  }

  @Test
  void anUnreadableIndexIsReportedAndTheOthersAreVerified() throws IOException {
    Path damaged = Path.of(made.indexes().place(capture("a", 1, 2)));
    capture("b", 2, 3);
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[0] ^= 1;
    Files.write(damaged, bytes);
    Verified verified = verify(Verifier.Listener.NONE);
    assertThat(verified.isSound()).isFalse();
    assertThat(verified.chunks()).isEqualTo(2);
    assertThat(verified.damaged()).hasSize(1);
    assertThat(verified.damaged().getFirst().unreadable()).contains("corrupt");
  }

  @Test
  void partsOfTheIdsTogetherAreTheWhole() throws IOException {
    capture("a", 1, 2, 3, 4, 5, 6, 7, 8);
    long chunks = 0;
    for (int from = 0; from < Verifier.PREFIXES; from += Verifier.PREFIXES / 16) {
      chunks +=
          new Verifier(store, workspaces, 1, Pace.unlimited())
              .verify(
                  images,
                  from,
                  from + Verifier.PREFIXES / 16,
                  Verifier.Listener.NONE,
                  new Cancellation())
              .chunks();
    }
    assertThat(chunks).isEqualTo(8);
  }

  @Test
  void whatIsSetAsideIsKeptAndTheNextCaptureStoresItAgain() throws IOException {
    String a = capture("a", 1, 2);
    flipBit(2);
    assertThat(store.setAside(PoolImages.id(2))).isTrue();
    assertThat(made.chunks().resolve(".bad").toFile().list()).hasSize(1);
    assertThatThrownBy(() -> images.check(store, workspaces, a)).isInstanceOf(ChunkMissing.class);
    capture("b", 2);
    images.check(store, workspaces, a);
    assertThat(verify(Verifier.Listener.NONE).isSound()).isTrue();
  }

  @Test
  void whatACaptureStoresMeanwhileHurtsNobody() throws IOException {
    String a = capture("a", 1, 2, 3);
    flipBit(2);
    Files.delete(file(3));
    // A capture ends between the reading of the chunks and the search for those they damaged.
    Verified verified =
        verify(
            new Verifier.Listener() {
              @Override
              public void bad(BadChunk chunk) throws IOException {
                if (chunk.kind() == BadChunk.Kind.CORRUPT) {
                  store.setAside(chunk.id());
                }
                capture("b", 2, 3);
              }
            });
    assertThat(verified.isSound()).isTrue();
    assertThat(verified.badChunks()).isZero();
    images.check(store, workspaces, a);
  }

  @Test
  void whatIsStillBadHurtsAlthoughACaptureHasStoredTheRest() throws IOException {
    String a = capture("a", 1, 2, 3);
    Files.delete(file(2));
    Files.delete(file(3));
    Verified verified =
        verify(
            new Verifier.Listener() {
              @Override
              public void bad(BadChunk chunk) throws IOException {
                capture("b", 3);
              }
            });
    assertThat(verified.badChunks()).isEqualTo(1);
    assertThat(verified.bad()).extracting(BadChunk::id).containsExactly(PoolImages.id(2));
    assertThat(verified.damaged()).containsExactly(new DamagedIndex(a, 1, PoolImages.id(2), null));
  }

  @Test
  void aChunkThatACaptureHasClaimedIsNotSetAside() throws IOException {
    capture("a", 1);
    flipBit(1);
    StoreSession session = store.openSession();
    assertThat(session.claim(PoolImages.id(1))).isTrue();
    assertThat(store.setAside(PoolImages.id(1))).isFalse();
    session.close();
    assertThat(store.setAside(PoolImages.id(1))).isTrue();
  }

  @Test
  void aFrameThatClaimsMoreThanAChunkIsCorrupt() throws IOException {
    capture("a", 1);
    byte[] large = com.github.luben.zstd.Zstd.compress(new byte[3 * PoolImages.MIB]);
    Files.write(file(1), large);
    assertThat(verify(Verifier.Listener.NONE).bad())
        .extracting(BadChunk::kind)
        .containsExactly(BadChunk.Kind.CORRUPT);
  }

  @Test
  void moreLostIndexesThanAReportCanHoldAreOneProblem() {
    IndexRoots lost =
        new IndexRoots() {
          @Override
          public void list(Visitor visitor) throws IOException {
            for (int i = 0; i <= Verifier.MAX_DAMAGED; i++) {
              visitor.visit(new IndexRoot("t" + i, null));
            }
          }

          @Override
          public Index open(String name) throws IOException {
            return made.indexes().open(name);
          }

          @Override
          public boolean isNeeded(String name) {
            return true;
          }
        };
    assertThatThrownBy(
            () ->
                new Verifier(store, workspaces, 2, Pace.unlimited())
                    .verify(lost, Verifier.Listener.NONE, new Cancellation()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than 10000 indexes")
        .hasMessageContaining("mounted");
  }
}
