package io.platen.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class RequestTargetTest {
  @Test
  void whatAUrlMayHaveStaysAsItIs() {
    String target = "/v1/custom-templates?name=a%20b&after=x_y-z.~!$'()*,;:@/?[]+=&%zz";
    assertThat(RequestTarget.encoded(target)).isSameAs(target);
  }

  @Test
  void whatClientsSendAllTheSameIsEncoded() {
    assertThat(RequestTarget.encoded("/v1/x?name=a|b{c}^`\"<>\\"))
        .isEqualTo("/v1/x?name=a%7Cb%7Bc%7D%5E%60%22%3C%3E%5C");
  }

  @Test
  void plainUtf8IsWhatItWasMeantToBe() {
    String sent =
        new String("/x?name=Ä中".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    assertThat(URI.create(RequestTarget.encoded(sent)).getQuery()).isEqualTo("name=Ä中");
  }

  @Test
  void controlCharactersAreLeftToBeRefused() {
    assertThat(RequestTarget.encoded("/x?a=\u0000\u0007 ")).isEqualTo("/x?a=\u0000\u0007 ");
  }
}
