package io.platen.s3store;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.PoolImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What several attempts at one image leave, and what of it counts. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class S3SharedTest {
  @TempDir private Path scratch;
  private S3UnderTest made;
  private S3ChunkStore store;
  private IndexStore indexes;

  /** Where the store is. */
  S3Location location() {
    return S3ProxyServer.location();
  }

  @BeforeEach
  void open() throws IOException {
    made = new S3UnderTest(location(), scratch);
    store = made.open();
    indexes = made.indexes();
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    made.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Leaves an index and a manifest of an image, as a session does before it publishes. */
  private StoreSession attempt(String name, String text) throws IOException {
    StoreSession session = store.openSession(name);
    try (IndexStore.Draft draft = indexes.begin(name, session)) {
      draft.channel().write(ByteBuffer.wrap(bytes(text)), 0);
      draft.publish("");
    }
    made.documents().publish(name, session.number(), bytes(text));
    return session;
  }

  private void collect() throws IOException {
    store.collect(
        new PoolImages(indexes),
        false,
        Pace.unlimited(),
        CollectionListener.NONE,
        new Cancellation());
  }

  private static List<String> keys(String name, StoreSession session) {
    return List.of(
        "index/%s.%d.caibx".formatted(name, session.number()),
        "manifest/%s.%d.json".formatted(name, session.number()));
  }

  @Test
  void nothingShowsOfAnImageUntilItsSessionIsSaidToHavePublishedIt() throws IOException {
    made.ledger().publish("a", Ledger.NONE);
    try (StoreSession session = attempt("a", "one")) {
      assertThat(indexes.has("a")).isFalse();
      assertThat(made.documents().read("a")).isEmpty();
      assertThatThrownBy(() -> indexes.open("a")).isInstanceOf(IndexMissing.class);
      made.ledger().publish("a", session.number());
      assertThat(indexes.has("a")).isTrue();
      assertThat(indexes.session("a")).hasValue(session.number());
      assertThat(made.documents().read("a")).hasValue(bytes("one"));
    }
  }

  @Test
  void attemptsThatCanNotPublishAnyMoreAreGarbageAndNoOthers() throws IOException {
    made.ledger().publish("a", Ledger.NONE);
    StoreSession over = attempt("a", "over");
    over.close();
    StoreSession published = attempt("a", "published");
    made.ledger().publish("a", published.number());
    made.ledger().publish("b", Ledger.NONE);
    StoreSession open = attempt("b", "open");
    StoreSession unknown = attempt("c", "unknown");
    unknown.close();
    // A collection waits for what was open before it.
    Attempts.indexes(made.bucket(), made.ledger()).removeOrphans(1);
    Attempts.manifests(made.bucket(), made.ledger()).removeOrphans(2);
    assertThat(made.keys())
        .containsAll(keys("a", published))
        .containsAll(keys("b", open))
        .containsAll(keys("c", unknown))
        .doesNotContainAnyElementsOf(keys("a", over))
        .hasSize(6);
    open.close();
    published.close();
    indexes.remove("a");
    indexes.remove("c");
    made.documents().remove("a");
    made.documents().remove("c");
    collect();
    assertThat(made.keys()).isEmpty();
  }

  @Test
  void ofAnImageThatNobodyKnowsTheLastAttemptWithAManifestIsMeant() throws IOException {
    attempt("a", "one").close();
    StoreSession told = attempt("a", "two");
    told.close();
    try (StoreSession untold = store.openSession("a");
        IndexStore.Draft draft = indexes.begin("a", untold)) {
      draft.publish("");
      assertThat(untold.number()).isGreaterThan(told.number());
    }
    assertThat(indexes.session("a")).hasValue(told.number());
    assertThat(made.documents().read("a")).hasValue(bytes("two"));
  }

  @Test
  void aSessionThatNeedsWhatADeadCollectionWasDeletingEndsThat() throws IOException {
    try (StoreSession session = store.openSession()) {
      session.put(PoolImages.id(1), ByteBuffer.allocateDirect(100));
      session.sync();
    }
    var lease = made.ledger().collect().orElseThrow();
    lease.condemn(List.of(new Ledger.Garbage(PoolImages.id(1), 0, 100)));
    lease.raiseGeneration();
    lease.take(List.of(PoolImages.id(1)));
    made.ledger().killCollector();
    try (StoreSession session = store.openSession()) {
      // Its DELETE may come at any time.
      assertThat(session.claim(PoolImages.id(1))).isFalse();
      session.put(PoolImages.id(1), ByteBuffer.allocateDirect(100));
      session.sync();
    }
    assertThat(made.keys()).contains(Keys.chunk(PoolImages.id(1), 1));
  }

  /** All of the images that these indexes are of. */
  private record Needed(IndexStore indexes, List<String> names) implements IndexRoots {
    @Override
    public void list(Visitor visitor) throws IOException {
      for (String name : names) {
        visitor.visit(new IndexRoot(name, null));
      }
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

  private void collect(String needed) throws IOException {
    store.collect(
        new Needed(indexes, List.of(needed)),
        false,
        Pace.unlimited(),
        CollectionListener.NONE,
        new Cancellation());
  }

  /** Has the DELETE of chunks that nothing needs take effect, and get no answer. */
  private void deleteUnanswered(List<ChunkId> ids) throws IOException {
    try (var lease = made.ledger().collect().orElseThrow()) {
      lease.condemn(ids.stream().map(id -> new Ledger.Garbage(id, 0, 1)).toList());
      lease.raiseGeneration();
      for (var each : lease.take(ids)) {
        made.bucket().deletions().delete(Keys.chunk(each.id(), each.epoch()));
      }
    }
  }

  private byte[] object(String key) throws IOException {
    Path file = scratch.resolve("object");
    assertThat(made.bucket().get(key, file)).isTrue();
    return Files.readAllBytes(file);
  }

  @Test
  void aBucketThatWasPutBackFromAnOlderCopyLosesNothingThatIsNeeded() throws IOException {
    var images = new PoolImages(indexes);
    try (var workspaces = new Workspaces(2)) {
      String older =
          images.capture(store, workspaces, "a", List.of(1, 2, 3), null, new Cancellation());
      Map<String, byte[]> copy = new HashMap<>();
      for (String key : made.keys()) {
        copy.put(key, object(key));
      }
      images.delete(older);
      deleteUnanswered(PoolImages.ids(1, 2, 3));
      String newer =
          images.capture(store, workspaces, "b", List.of(1, 2), null, new Cancellation());
      Map<String, byte[]> lost = new HashMap<>();
      for (String key : made.keys()) {
        lost.put(key, object(key));
        made.bucket().deletions().delete(key);
      }
      for (var each : copy.entrySet()) {
        made.bucket().put(each.getKey(), each.getValue());
      }

      // The image that came after the copy has no index.
      assertThatThrownBy(() -> collect(newer)).isInstanceOf(IndexCorrupt.class);
      assertThat(made.keys()).containsExactlyInAnyOrderElementsOf(copy.keySet());

      // It was saved elsewhere, and its chunks are there, at former keys.
      String index =
          lost.keySet().stream().filter(key -> key.startsWith("index/")).findFirst().orElseThrow();
      made.bucket().put(index, requireNonNull(lost.get(index)));
      collect(newer);
      assertThat(made.keys())
          .contains(Keys.chunk(PoolImages.id(1), 0), Keys.chunk(PoolImages.id(2), 0))
          .doesNotContain(Keys.chunk(PoolImages.id(3), 0));
      images.check(made.reader(), workspaces, newer);

      // What is stored again is at its own key, and the former one goes.
      images.capture(store, workspaces, "c", List.of(1), null, new Cancellation());
      collect(newer);
      images.check(made.reader(), workspaces, newer);
      assertThat(made.keys())
          .contains(Keys.chunk(PoolImages.id(1), 1), Keys.chunk(PoolImages.id(2), 0))
          .doesNotContain(Keys.chunk(PoolImages.id(1), 0));
    }
  }

  @Test
  void aSessionWhoseOpeningGotNoAnswerIsEnded() throws Exception {
    try (StoreSession other = store.openSession("other")) {
      made.ledger().loseAnswer();
      assertThatThrownBy(() -> store.openSession("a")).isInstanceOf(StoreUnavailable.class);
      assertThat(made.ledger().openSessions()).isEqualTo(2);
      Awaitility.await("the end of the session that nobody has")
          .until(() -> made.ledger().openSessions() == 1);
      assertThat(made.ledger().has(other.number())).isTrue();
    }
    assertThat(made.ledger().openSessions()).isZero();
  }

  @Test
  void aLeaseWhoseTakingGotNoAnswerIsGivenBack() throws Exception {
    made.ledger().loseAnswer();
    assertThatThrownBy(this::collect).isInstanceOf(StoreUnavailable.class);
    assertThat(made.ledger().isLeased()).isTrue();
    Awaitility.await("the lease to be given back").until(() -> !made.ledger().isLeased());
    collect();
    assertThat(made.ledger().isLeased()).isFalse();
  }
}
