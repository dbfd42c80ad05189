package io.platen.chunkstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.DumpMissing;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code DumpStore} promises. */
public abstract class DumpStoreContract {
  private DumpStore dumps;

  /** A store without dumps. */
  protected abstract DumpStore make() throws IOException;

  @BeforeEach
  final void makeStore() throws IOException {
    dumps = make();
  }

  private void publish(String name, String text) throws IOException {
    try (IndexStore.Draft draft = dumps.begin(name)) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      draft.channel().write(ByteBuffer.wrap(bytes), 0);
      draft.publish(digest(bytes));
    }
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private String text(String name) throws IOException {
    try (InputStream in = dumps.open(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatIsPublishedIsListedInOrderAndReadUntilItIsRemoved() throws IOException {
    assertThat(dumps.names()).isEmpty();
    publish("m-2", "two");
    publish("m-1", "one");
    assertThat(dumps.names()).containsExactly("m-1", "m-2");
    assertThat(text("m-2")).isEqualTo("two");
    assertThat(dumps.size("m-1")).isEqualTo(3);
    publish("m-2", "another");
    assertThat(text("m-2")).isEqualTo("another");
    dumps.remove("m-2");
    dumps.remove("m-2");
    assertThat(dumps.names()).containsExactly("m-1");
  }

  @Test
  void nothingShowsBeforeItIsPublished() throws IOException {
    try (IndexStore.Draft draft = dumps.begin("m-1")) {
      draft.channel().write(ByteBuffer.wrap(new byte[10]), 0);
      assertThat(dumps.names()).isEmpty();
    }
    assertThat(dumps.names()).isEmpty();
  }

  @Test
  void aDumpThatIsNotThereIsMissing() throws IOException {
    publish("m-1", "one");
    assertThatThrownBy(() -> dumps.open("m-2").close())
        .isInstanceOf(DumpMissing.class)
        .hasMessageContaining(dumps.place("m-2"));
    assertThatThrownBy(() -> dumps.size("m-2")).isInstanceOf(DumpMissing.class);
  }

  @Test
  void whatWouldNameSomethingElseIsNoName() {
    for (String name : new String[] {"", "../x", "a/b", ".hidden"}) {
      assertThatThrownBy(() -> dumps.begin(name)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> dumps.open(name).close())
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
