package io.platen.http;

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

  @Test
  void whatIsNoTargetIsRefusedAndOnlyAtAPercentSignToldHowThatIsWritten() {
    assertThat(RequestTarget.problem("/v1/custom-templates?name=a%20b")).isNull();
    assertThat(RequestTarget.problem("/v1/x?name=100%"))
        .isEqualTo(
            "The path or the query is not valid: Malformed escape pair at index 14; a percent sign itself is written %25.");
    assertThat(RequestTarget.problem("/v1/x?name=100%zz")).endsWith("is written %25.");
    assertThat(RequestTarget.problem("/v1/[x]"))
        .isEqualTo("The path or the query is not valid: Illegal character in path at index 4.");
    assertThat(RequestTarget.problem("/v1/x?name=a%20b\u0000"))
        .isEqualTo("The path or the query is not valid: Illegal character in query at index 16.");
  }
}
