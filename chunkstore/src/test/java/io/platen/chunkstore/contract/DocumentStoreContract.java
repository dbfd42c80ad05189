package io.platen.chunkstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.DocumentStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code DocumentStore} promises. */
public abstract class DocumentStoreContract extends StoreContract {
  private DocumentStore documents;

  @BeforeEach
  final void openDocuments() throws IOException {
    documents = made.documents();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private List<String> listed() throws IOException {
    List<String> names = new ArrayList<>();
    documents.list(names::add);
    return names;
  }

  @Test
  void aStoreWithoutDocumentsHasNone() throws IOException {
    assertThat(listed()).isEmpty();
    assertThat(documents.has("a")).isFalse();
    assertThat(documents.read("a")).isEmpty();
    documents.remove("a");
  }

  @Test
  void whatIsPublishedIsReadByteForByteAndReplacedAsAWhole() throws IOException {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    documents.publish("t-1.2", every);
    assertThat(documents.read("t-1.2"))
        .hasValueSatisfying(read -> assertThat(read).isEqualTo(every));
    documents.publish("t-1.2", bytes("short"));
    assertThat(documents.read("t-1.2")).hasValue(bytes("short"));
    documents.publish("t-1.2", new byte[0]);
    assertThat(documents.read("t-1.2")).hasValue(new byte[0]);
    assertThat(documents.has("t-1.2")).isTrue();
    assertThat(listed()).containsExactly("t-1.2");
  }

  @Test
  void theLongestDocumentIsReadAndALongerOneRefused() throws IOException {
    byte[] longest = new byte[DocumentStore.MAX_BYTES];
    longest[longest.length - 1] = 1;
    documents.publish("a", longest);
    assertThat(documents.read("a")).hasValue(longest);
    assertThatThrownBy(() -> documents.publish("b", new byte[DocumentStore.MAX_BYTES + 1]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(listed()).containsExactly("a");
    made.overwriteDocument("a", new byte[DocumentStore.MAX_BYTES + 1]);
    assertThatThrownBy(() -> documents.read("a"))
        .isInstanceOf(DocumentCorrupt.class)
        .hasMessageContaining(documents.place("a"));
    assertThat(documents.has("a")).isTrue();
    documents.publish("a", bytes("again"));
    assertThat(documents.read("a")).hasValue(bytes("again"));
  }

  @Test
  void allNamesAreListedOnceAndWhatIsRemovedIsGone() throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      names.add("t" + i + ".1");
      documents.publish(names.getLast(), bytes("{}"));
    }
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names.subList(0, 10)) {
      documents.remove(name);
      assertThat(documents.has(name)).isFalse();
      assertThat(documents.read(name)).isEmpty();
    }
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(names.subList(10, 30));
  }

  @Test
  void whatTheListenerThrowsEndsTheList() throws IOException {
    documents.publish("a", bytes("1"));
    documents.publish("b", bytes("2"));
    List<String> heard = new ArrayList<>();
    assertThatThrownBy(
            () ->
                documents.list(
                    name -> {
                      heard.add(name);
                      throw new IOException("enough");
                    }))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("enough");
    assertThat(heard).hasSize(1);
  }

  @Test
  void whoReadsWhileItIsReplacedGetsOneOfThemAsAWhole() throws Exception {
    byte[] first = "1".repeat(60_000).getBytes(StandardCharsets.UTF_8);
    byte[] second = "2".repeat(90_000).getBytes(StandardCharsets.UTF_8);
    documents.publish("a", first);
    try (ExecutorService writers = Executors.newFixedThreadPool(2)) {
      Callable<Boolean> writing =
          () -> {
            for (int i = 0; i < 20; i++) {
              documents.publish("a", i % 2 == 0 ? second : first);
            }
            return true;
          };
      Future<Boolean> one = writers.submit(writing);
      while (!one.isDone()) {
        assertThat(documents.read("a").orElseThrow()).isIn(first, second);
      }
      assertThat(one.get()).isTrue();
    }
    assertThat(listed()).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "../a", "a/b", "/a", ".a", "a b", "a\u0000", "a?b", "a%2fb"})
  void whatIsNoNameIsRefused(String name) {
    assertThatThrownBy(() -> documents.publish(name, new byte[1]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> documents.read(name)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> documents.has(name)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> documents.remove(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPlaceNamesTheDocument() {
    assertThat(documents.place()).isNotBlank();
    assertThat(documents.place("t-1")).contains("t-1").startsWith(documents.place());
  }
}
