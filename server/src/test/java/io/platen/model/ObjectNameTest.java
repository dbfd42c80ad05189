package io.platen.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectNameTest {
  private static String checked(String text) {
    var issues = new Issues();
    String name = ObjectName.check("name", text, issues);
    issues.throwIfAny();
    return name;
  }

  @Test
  void aNameIsTrimmedAndCountedInCodePoints() {
    assertThat(checked("  two words\t")).isEqualTo("two words");
    assertThat(checked("\u2003x\u2003")).isEqualTo("x");
    assertThat(checked("\u00a0a\u00a0b\u202f")).isEqualTo("a\u00a0b");
    assertThat(checked("\uD83D\uDE00".repeat(255))).hasSize(510);
    assertThatThrownBy(() -> checked("x".repeat(256))).isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "\u00a0", "\t\n", "a\u0000b", "a\nb", "a\u0085b", "a\u007f", "a\uD800b"})
  void namesThatCanNotBeAreRefused(String text) {
    assertThatThrownBy(() -> checked(text)).isInstanceOf(Refusal.class);
  }

  @Test
  void foldingForgetsTheCaseOneCodePointForOne() {
    assertThat(ObjectName.fold("ÄÖÜ Straße ΣΟΦΟΣ")).isEqualTo(ObjectName.fold("äöü straße σοφος"));
    assertThat(ObjectName.fold("İ").codePoints().count()).isEqualTo(1);
  }
}
