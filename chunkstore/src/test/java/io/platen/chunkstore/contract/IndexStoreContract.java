package io.platen.chunkstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ImageCopy;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code IndexStore} promises. */
public abstract class IndexStoreContract extends StoreContract {
  private ImageWritten publish(IndexStore to, String name, int chunk) throws IOException {
    return new ImageWriter(store, to, workspaces, 1)
        .write(
            MemoryImage.ofData(PoolImages.chunk(chunk)),
            null,
            name,
            ProgressListener.NONE,
            new Cancellation());
  }

  private static List<ChunkId> ids(Index index) throws IOException {
    List<ChunkId> ids = new ArrayList<>();
    for (Index.Ids each = index.ids(); each.hasNext(); ) {
      ids.add(each.next());
    }
    return ids;
  }

  private List<ChunkId> ids(String name) throws IOException {
    try (Index index = indexes.open(name)) {
      return ids(index);
    }
  }

  @Test
  void whatIsPublishedIsReadInAnyOrderAndHasTheDigestThatWasSaid() throws IOException {
    String name = capture("a", 1, 0, 2, 1);
    try (Index index = indexes.open(name)) {
      assertThat(ids(index)).isEqualTo(PoolImages.ids(1, 0, 2, 1));
      assertThat(index.id(2)).isEqualTo(PoolImages.id(2));
      assertThat(index.size()).isEqualTo(4L * PoolImages.MIB);
    }
    ImageWritten written = publish(indexes, "t-1", 5);
    try (Index index = indexes.open("t-1")) {
      assertThat(index.digest(new Cancellation())).isEqualTo(written.digest());
    }
  }

  @Test
  void anIndexThatIsNotThereIsMissing() throws IOException {
    capture("a", 1);
    assertThat(indexes.has("b")).isFalse();
    assertThatThrownBy(() -> indexes.open("b"))
        .isInstanceOf(IndexMissing.class)
        .hasMessageContaining(indexes.place("b"));
    indexes.remove("b");
  }

  @Test
  void nothingShowsBeforeItIsPublishedAndNothingIsLeftOfWhatIsGivenUp() throws IOException {
    try (IndexStore.Draft draft = indexes.begin("a")) {
      draft.channel().write(ByteBuffer.wrap(new byte[1000]), 0);
      assertThat(indexes.has("a")).isFalse();
      assertThat(images.live()).isEmpty();
    }
    assertThat(indexes.has("a")).isFalse();
    assertThat(images.live()).isEmpty();
    publish(indexes, "a", 1);
    assertThat(images.live()).containsExactly("a");
  }

  @Test
  void anIndexIsReplacedAsAWholeAndWhoHasItOpenKeepsTheOneThatWasOpened() throws IOException {
    publish(indexes, "a", 1);
    try (Index before = indexes.open("a")) {
      publish(indexes, "a", 2);
      assertThat(ids("a")).isEqualTo(PoolImages.ids(2));
      assertThat(ids(before)).isEqualTo(PoolImages.ids(1));
    }
    assertThat(images.live()).containsExactly("a");
  }

  @Test
  void aDraftThatIsGivenUpHarmsNoOtherOfItsName() throws IOException {
    try (IndexStore.Draft earlier = indexes.begin("a")) {
      earlier.channel().write(ByteBuffer.wrap(new byte[1000]), 0);
      publish(indexes, "a", 2);
      assertThat(ids("a")).isEqualTo(PoolImages.ids(2));
    }
    assertThat(ids("a")).isEqualTo(PoolImages.ids(2));
    assertThat(images.live()).containsExactly("a");
  }

  @Test
  void allNamesAreListedOnce() throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      names.add("t" + i + ".1");
      publish(indexes, names.getLast(), 1);
    }
    assertThat(images.live()).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names.subList(0, 10)) {
      indexes.remove(name);
    }
    assertThat(images.live()).containsExactlyInAnyOrderElementsOf(names.subList(10, 30));
  }

  @Test
  void whatTheListenerThrowsEndsTheList() throws IOException {
    publish(indexes, "a", 1);
    publish(indexes, "b", 1);
    List<String> heard = new ArrayList<>();
    assertThatThrownBy(
            () ->
                indexes.list(
                    name -> {
                      heard.add(name);
                      throw new IOException("enough");
                    }))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("enough");
    assertThat(heard).hasSize(1);
  }

  @Test
  void anIndexThatIsOpenIsReadToItsEndAfterItsRemoval() throws IOException {
    String name = capture("a", 1, 2, 3);
    try (Index index = indexes.open(name)) {
      indexes.remove(name);
      assertThat(indexes.has(name)).isFalse();
      assertThatThrownBy(() -> indexes.open(name)).isInstanceOf(IndexMissing.class);
      assertThat(ids(index)).isEqualTo(PoolImages.ids(1, 2, 3));
    }
    indexes.remove(name);
    capture("a", 1, 2, 3);
    assertThat(ids(name)).isEqualTo(PoolImages.ids(1, 2, 3));
  }

  @Test
  void anIndexOfOtherBytesIsCorruptAndStillThere() throws IOException {
    publish(indexes, "a", 1);
    made.overwriteIndex("a", new byte[1000]);
    assertThat(indexes.has("a")).isTrue();
    assertThatThrownBy(() -> indexes.open("a"))
        .isInstanceOf(IndexCorrupt.class)
        .hasMessageContaining(indexes.place("a"));
    publish(indexes, "a", 2);
    assertThat(ids("a")).isEqualTo(PoolImages.ids(2));
  }

  @Test
  void anIndexThatIsLostIsPutBackInItsPlaceAndNoOther() throws IOException {
    ImageWritten written = publish(indexes, "a", 1);
    publish(indexes, "b", 2);
    publish(indexes, "same", 1);
    OptionalLong place = indexes.session("a");
    try (Index good = indexes.open("same");
        Index other = indexes.open("b")) {
      made.overwriteIndex("a", new byte[1000]);
      assertThatThrownBy(
              () -> ImageCopy.putBack(other, indexes, "a", written.digest(), new Cancellation()))
          .isInstanceOf(IndexCorrupt.class);
      assertThatThrownBy(() -> indexes.open("a")).isInstanceOf(IndexCorrupt.class);
      ImageCopy.putBack(good, indexes, "a", written.digest(), new Cancellation());
    }
    assertThat(ids("a")).isEqualTo(PoolImages.ids(1));
    assertThat(indexes.session("a")).isEqualTo(place);
    assertThat(images.live()).containsExactlyInAnyOrder("a", "b", "same");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "../a", "a/b", "/a", ".a", "a b", "a\u0000", "a?b", "a%2fb"})
  void whatIsNoNameIsRefused(String name) {
    assertThatThrownBy(() -> indexes.begin(name)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> indexes.open(name)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> indexes.has(name)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> indexes.remove(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPlaceNamesTheIndex() {
    assertThat(indexes.place()).isNotBlank();
    assertThat(indexes.place("t-1")).contains("t-1").startsWith(indexes.place());
  }

  @Test
  void aCaptureWhoseIndexCanNotBePublishedLeavesNone() throws IOException {
    IndexStore failing =
        new FaultyIndexStore(
            indexes,
            Fault.error(
                Operation.INDEX_PUBLISH, 0, name -> new StoreUnavailable(name, new IOException())));
    assertThatThrownBy(() -> publish(failing, "a", 1)).isInstanceOf(StoreUnavailable.class);
    assertThat(images.live()).isEmpty();
    publish(indexes, "a", 1);
  }

  @Test
  void whereTheAnswerOfPublishingIsLostTheIndexIsWholeAndMayBePublishedAgain() throws IOException {
    IndexStore losing =
        new FaultyIndexStore(
            indexes,
            Fault.lostAnswer(
                Operation.INDEX_PUBLISH, name -> new StoreUnavailable(name, new IOException())));
    assertThatThrownBy(() -> publish(losing, "a", 1)).isInstanceOf(StoreUnavailable.class);
    assertThat(ids("a")).isEqualTo(PoolImages.ids(1));
    publish(indexes, "a", 1);
    assertThat(ids("a")).isEqualTo(PoolImages.ids(1));
  }
}
