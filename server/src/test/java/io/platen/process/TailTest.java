package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TailTest {
  private static String tailOf(String text) throws IOException {
    Tail tail = new Tail();
    tail.drain(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    return tail.text();
  }

  @Test
  void keepsAShortTextOnOneLine() throws IOException {
    assertThat(tailOf("one\ntwo\r\n")).isEqualTo("one two");
    assertThat(tailOf("")).isEmpty();
  }

  @Test
  void keepsOnlyTheEndOfALongText() throws IOException {
    assertThat(tailOf("x".repeat(100_000) + "the end")).hasSize(Tail.BYTES).endsWith("xthe end");
  }
}
