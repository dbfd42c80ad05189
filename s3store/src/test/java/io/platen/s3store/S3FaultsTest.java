package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.Collected;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.PoolImages;
import io.platen.s3store.FaultyServer.Fate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a directory never does to its store: answers that are late, lost or refused, and lists. */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
class S3FaultsTest {
  @TempDir private Path scratch;
  private final Workspaces workspaces = new Workspaces(8);
  private FaultyServer server;
  private S3UnderTest made;
  private S3ChunkStore store;
  private PoolImages images;

  /** A place of its own on some server. */
  S3Location location() {
    return S3ProxyServer.location();
  }

  /** Has the requests of one collection that delete two chunks there meet this fate. */
  FaultyServer.Rule deletions(Fate fate) {
    return first(2, "DELETE", fate);
  }

  @BeforeEach
  void open() throws IOException {
    S3Location location = location();
    server = new FaultyServer(Objects.requireNonNull(location.endpoint()));
    made = new S3UnderTest(location, scratch);
    store =
        made.openImpatiently(
            new S3Location(
                server.endpoint(),
                location.bucket(),
                location.prefix(),
                location.region(),
                location.credentials(),
                null));
    images = new PoolImages(made.indexes());
  }

  @AfterEach
  void close() throws IOException {
    server.rule((method, request) -> Fate.PASS);
    store.close();
    workspaces.close();
    made.close();
    server.close();
  }

  static FaultyServer.Rule first(int times, String method, Fate fate) {
    AtomicInteger left = new AtomicInteger(times);
    return (asked, request) ->
        asked.equals(method) && left.getAndDecrement() > 0 ? fate : Fate.PASS;
  }

  private String capture(String name, Integer... chunks) throws IOException {
    return images.capture(store, workspaces, name, List.of(chunks), null, new Cancellation());
  }

  private Collected collect(CollectionListener listener) throws IOException {
    return store.collect(images, false, Pace.unlimited(), listener, new Cancellation());
  }

  private static ByteBuffer frame() {
    return ByteBuffer.allocateDirect(100).put(0, new byte[] {1, 2, 3});
  }

  @Test
  void whatIsRefusedForAWhileOrLosesItsConnectionIsAskedForAgain() throws IOException {
    int number = 10;
    for (Fate fate : List.of(Fate.BUSY, Fate.RESET, Fate.LOSE_ANSWER)) {
      for (String method : List.of("PUT", "GET")) {
        server.rule(first(3, method, fate));
        String index = capture("a", 1, 2, number++);
        images.check(store, workspaces, index);
      }
    }
  }

  @Test
  void anOutageIsUnavailableSaysWhereAndWhatAndIsOverWhenTheServerAnswers() throws IOException {
    String index = capture("a", 1);
    server.rule((method, request) -> Fate.BUSY);
    assertThatThrownBy(() -> images.check(store, workspaces, index))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining(store.place())
        .hasMessageContaining("GET store.castr/")
        .hasMessageContaining("503");
    assertThat(store.isUsable()).isFalse();
    server.rule((method, request) -> Fate.PASS);
    images.check(store, workspaces, index);
    assertThat(store.isUsable()).isTrue();
  }

  @Test
  void aCaptureWhosePutsFailPublishesNothingAndTheNextOneUsesWhatWasStored() throws IOException {
    AtomicInteger puts = new AtomicInteger();
    server.rule(
        (method, request) ->
            method.equals("PUT") && puts.incrementAndGet() > 2 ? Fate.RESET : Fate.PASS);
    assertThatThrownBy(() -> capture("a", 1, 2, 3, 4)).isInstanceOf(StoreUnavailable.class);
    assertThat(images.live()).isEmpty();
    assertThat(made.ledger().openSessions()).isZero();
    server.rule((method, request) -> Fate.PASS);
    server.forget();
    images.check(store, workspaces, capture("a", 1, 2, 3, 4));
    assertThat(server.count("PUT")).isEqualTo(2);
  }

  @Test
  void aDeletionThatArrivesLateHurtsNoChunkThatWasPutSince() throws IOException {
    images.delete(capture("old", 1, 2));
    server.rule(deletions(Fate.DELAY));
    Collected collected = collect(CollectionListener.NONE);
    assertThat(collected.removedChunks()).isZero();
    // Both have moved on: what is put now has another key.
    String index = capture("new", 1, 2);
    images.check(made.reader(), workspaces, index);
    assertThat(made.keys()).anyMatch(key -> key.startsWith("store.1.castr/"));
    assertThat(server.passDelayed()).isPositive();
    assertThat(made.keys()).noneMatch(key -> key.startsWith("store.castr/"));
    images.check(made.reader(), workspaces, index);
    images.check(store, workspaces, index);
    // Another host, which has never heard of it.
    try (S3ChunkStore other = made.open()) {
      images.check(other, workspaces, capture("again", 2, 1));
    }
    images.delete("again_2-1");
    images.delete(index);
    collect(CollectionListener.NONE);
    assertThat(made.keys()).isEmpty();
  }

  @Test
  void aLedgerThatIsMadeAnewFollowsTheEpochsOfTheBucket() throws IOException {
    images.delete(capture("old", 1, 2));
    server.rule(deletions(Fate.DELAY));
    collect(CollectionListener.NONE);
    String index = capture("new", 1, 2, 3);
    assertThat(server.passDelayed()).isPositive();
    MemoryLedger anew = new MemoryLedger();
    S3Chunks reader = new S3Chunks(made.bucket(), anew);
    assertThat(reader.has(PoolImages.id(1))).isFalse();
    new Listing(made.bucket()).followEpochs(anew);
    assertThat(reader.has(PoolImages.id(1))).isTrue();
    images.check(new S3Chunks(made.bucket(), anew), workspaces, index);
    anew.raise(Map.of(PoolImages.id(1), 0));
    assertThat(anew.epochs()).containsOnly(entry(PoolImages.id(1), 1), entry(PoolImages.id(2), 1));
  }

  @Test
  void whatLiesBelowItsEpochIsDeletedByTheNextCollection() throws IOException {
    images.delete(capture("old", 1, 2));
    server.rule(deletions(Fate.RESET));
    collect(CollectionListener.NONE);
    assertThat(made.keys()).hasSize(2).allMatch(key -> key.startsWith("store.castr/"));
    String index = capture("new", 1);
    assertThat(made.keys()).hasSize(4);
    collect(CollectionListener.NONE);
    assertThat(made.keys())
        .containsExactlyInAnyOrder(
            Keys.attempt(
                Keys.INDEXES, index, made.indexes().session(index).getAsLong(), Keys.INDEX_SUFFIX),
            Keys.chunk(PoolImages.id(1), 1));
    images.check(store, workspaces, index);
  }

  @Test
  void anotherCollectionThatBeginsEndsTheFirstOneAndNothingIsLost() throws IOException {
    images.delete(capture("old", 1, 2));
    assertThatThrownBy(
            () ->
                collect(
                    new CollectionListener() {
                      @Override
                      public void marked() throws IOException {
                        made.ledger().collect().orElseThrow().close();
                        capture("new", 1);
                      }
                    }))
        .isInstanceOf(Ledger.LeaseLost.class);
    images.checkAll(made.reader(), workspaces);
  }

  @Test
  void moreChunksThanAPageOfAListHasAreAllFoundAndCollected() throws IOException {
    int chunks = 1010;
    try (StoreSession session = store.openSession()) {
      for (int i = 0; i < chunks; i++) {
        session.put(new ChunkId(i * 0x0123_4567_89ab_cdefL, i, 0, 0), frame());
      }
      session.sync();
    }
    assertThat(made.reader().count().chunks()).isEqualTo(chunks);
    Collected collected = collect(CollectionListener.NONE);
    assertThat(collected.removedChunks()).isEqualTo(chunks);
    assertThat(collected.removedBytes()).isEqualTo(chunks * 100L);
    assertThat(made.keys()).isEmpty();
  }

  @Test
  void aCollectionEndsWhereTheServerDoesNotAnswerDeletions() throws IOException {
    int chunks = Deletions.MOST + 10;
    try (StoreSession session = store.openSession()) {
      for (int i = 0; i < chunks; i++) {
        session.put(new ChunkId(i * 0x0123_4567_89ab_cdefL, i, 0, 0), frame());
      }
      session.sync();
    }
    server.rule(
        (method, request) ->
            method.equals("POST") || method.equals("DELETE") ? Fate.RESET : Fate.PASS);
    assertThatThrownBy(() -> collect(CollectionListener.NONE))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining(store.place())
        .hasMessageContaining("DELETE got no answer");
    // Of the others it is known that nobody deletes them.
    assertThat(made.ledger().epochs()).hasSize(Deletions.MOST);
    server.rule((method, request) -> Fate.PASS);
    assertThat(collect(CollectionListener.NONE).removedChunks()).isEqualTo(10);
    assertThat(made.keys()).isEmpty();
  }

  @Test
  void aNewChunkTakesOneRequestAndOneOfARelatedImageNone() throws IOException {
    Integer[] chunks = new Integer[60];
    for (int i = 0; i < chunks.length; i++) {
      chunks[i] = i + 1;
    }
    String first = capture("first", chunks);
    // Its puts and the lists of the first session; the index goes another way.
    assertThat(server.count("PUT")).isEqualTo(chunks.length);
    assertThat(server.count()).isLessThanOrEqualTo(chunks.length + chunks.length / 10);
    assertThat(server.count("HEAD")).isZero();
    server.forget();
    String digest;
    try (Index index = made.indexes().open(first)) {
      digest = index.digest(new Cancellation());
    }
    made.ledger().relate(new IndexRoot(first, digest));
    try (StoreSession session = store.openSession("second")) {
      for (int number : chunks) {
        assertThat(session.claim(PoolImages.id(number))).isTrue();
      }
      session.sync();
    }
    assertThat(server.count()).isZero();
  }

  @Test
  void whatARootNamedThatIsNoneAnyMoreIsAskedFor() throws IOException {
    String first = capture("first", 1, 2);
    String digest;
    try (Index index = made.indexes().open(first)) {
      digest = index.digest(new Cancellation());
    }
    made.loseChunk(PoolImages.id(1));
    made.ledger().purge(first);
    made.ledger().relate(new IndexRoot(first, digest));
    try (StoreSession session = store.openSession("second")) {
      assertThat(session.claim(PoolImages.id(1))).isFalse();
      assertThat(session.claim(PoolImages.id(2))).isTrue();
    }
  }

  @Test
  void aBucketThatIsNotThereIsUnavailableAndNeverEmpty() throws IOException {
    S3Location location = location();
    S3Location nowhere =
        new S3Location(
            location.endpoint(),
            "no-such-bucket",
            "",
            location.region(),
            location.credentials(),
            null);
    S3UnderTest gone = new S3UnderTest(nowhere, scratch);
    assertThatThrownBy(() -> gone.reader().has(PoolImages.id(1)))
        .isInstanceOf(StoreUnavailable.class);
    assertThatThrownBy(
            () -> gone.reader().read(PoolImages.id(1), ByteBuffer.allocateDirect(2 << 20)))
        .isInstanceOf(StoreUnavailable.class);
    assertThatThrownBy(() -> gone.reader().isEmpty()).isInstanceOf(StoreUnavailable.class);
    assertThatThrownBy(() -> gone.indexes().open("a")).isInstanceOf(StoreUnavailable.class);
  }

  @Test
  void wrongCredentialsAreUnavailableWithARemedyAndAreNotPrinted() throws IOException {
    S3Location location = location();
    S3Location wrong =
        new S3Location(
            location.endpoint(),
            location.bucket(),
            location.prefix(),
            location.region(),
            new S3Location.Credentials(
                Objects.requireNonNull(location.credentials()).accessKey(), "a-wrong-secret"),
            null);
    assertThat(wrong.toString()).doesNotContain("a-wrong-secret");
    S3UnderTest refused = new S3UnderTest(wrong, scratch);
    assertThatThrownBy(() -> refused.reader().has(PoolImages.id(1)))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("403")
        .hasMessageContaining("credentials")
        .message()
        .doesNotContain("a-wrong-secret");
  }
}
