package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.platen.model.Issue;
import io.platen.model.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.assertj.core.api.ObjectAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonBodyTest {
  private static final int MEBIBYTE = 1 << 20;

  private record Made(String name, int size, boolean on) {}

  private static final Set<String> FIELDS = JsonBody.fields(Made.class, "other");

  private static JsonBody parse(String json) {
    return JsonBody.parse(json.getBytes(StandardCharsets.UTF_8), FIELDS);
  }

  private static ObjectAssert<ApiException> assertRefused(String json) {
    return assertRefused(json.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectAssert<ApiException> assertRefused(byte[] json) {
    return assertThatThrownBy(() -> JsonBody.parse(json, FIELDS))
        .asInstanceOf(type(ApiException.class));
  }

  @Test
  void fieldsAreReadAndTheRestIsIgnored() {
    var body =
        parse(
            """
            {"a": [1, {"name": "not this"}], "name": "n", "on": true, "b": {"size": 2}, "size": 50, "c": null}
            """);
    assertThat(body.requiredName("name")).isEqualTo("n");
    assertThat(body.flag("on")).contains(true);
    assertThat(body.integer("size")).contains(50L);
    assertThat(body.has("other")).isFalse();
    body.issues().throwIfAny();
  }

  @Test
  void aFieldThatIsNotReadIsNotAskedFor() {
    var body = parse("{\"a\": 1}");
    assertThatThrownBy(() -> body.integer("a")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ofAFieldThatIsThereTwiceTheLastCounts() {
    assertThat(parse("{\"size\": 1, \"size\": 2}").integer("size")).contains(2L);
    assertThat(parse("{\"size\": 1, \"size\": null}").has("size")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"50", "50.0", "5e1", "500e-1"})
  void wholeNumbersAreReadHoweverTheyAreWritten(String number) {
    assertThat(parse("{\"size\": " + number + "}").integer("size")).contains(50L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "50.5",
        "1e999999999",
        "-1e999999999",
        "9223372036854775808",
        "1e19",
        "\"50\"",
        "[50]",
        "{}"
      })
  void whatIsNoWholeNumberIsAnIssue(String value) {
    var body = parse("{\"size\": " + value + "}");
    assertThat(body.integer("size")).isEmpty();
    assertThatThrownBy(body.issues()::throwIfAny).hasMessage("size must be a whole number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "false", "0", "0.0", "-0.0", "\"\"", "\"none\"", "[]", "{}"})
  void sayingNoAsksForNothing(String value) {
    assertThat(parse("{\"other\": " + value + "}").asks("other")).isFalse();
    assertThat(parse("{}").asks("other")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "1",
        "0.5",
        "1e999",
        "\"some\"",
        "[null]",
        "[[]]",
        "{\"a\": 1}",
        "{\"a\": {}}"
      })
  void anythingElseAsks(String value) {
    assertThat(parse("{\"other\": " + value + ", \"size\": 1}").asks("other")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}}",
        "{} {}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "nul",
        "\u00a0"
      })
  void whatIsNoJsonIsAParseError(String json) {
    assertRefused(json).returns(ErrorCode.PARSE_ERROR, ApiException::code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "// none|The body is not JSON (line 1, column 1): unexpected character ('/' (code 47)).",
        "{\"a\":NaN}|The body is not JSON (line 1, column 9): non-standard token 'NaN'.",
        "{\"a\":1|The body is not JSON (line 1, column 7): unexpected end-of-input: expected close marker for Object."
      })
  void whatIsWrongIsSaidWithoutTheNamesOfALibrary(String json, String message) {
    assertRefused(json).returns(message, Throwable::getMessage);
  }

  @Test
  void whatHasMoreLevelsOrLongerNumbersThanAreReadIsNotCalledNoJson() {
    assertRefused("[".repeat(101) + "]".repeat(101))
        .returns(ErrorCode.PARSE_ERROR, ApiException::code)
        .returns(
            "The body has larger parts than are read here: document nesting depth (101) exceeds the maximum allowed (100).",
            Throwable::getMessage);
    assertRefused("{\"a\":" + "9".repeat(2000) + "}")
        .returns(
            "The body has larger parts than are read here: number value length (2000) exceeds the maximum allowed (1000).",
            Throwable::getMessage);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{}]", "1", "\"a\"", "null", "true"})
  void anythingElseThanAnObjectIsABadRequest(String json) {
    assertRefused(json).returns(ErrorCode.BAD_REQUEST, ApiException::code);
  }

  @Test
  void aByteOrderMarkIsSkipped() {
    assertThat(parse("\ufeff{\"size\": 1}").integer("size")).contains(1L);
  }

  @Test
  void bytesThatAreNoUtf8AreRefusedWhereverTheyAre() {
    byte[] ignored = "{\"ignored\": \"\u00ff\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(ignored).returns(ErrorCode.PARSE_ERROR, ApiException::code);
    byte[] wide = "{\"size\": 1}".getBytes(StandardCharsets.UTF_16LE);
    assertRefused(wide).returns(ErrorCode.PARSE_ERROR, ApiException::code);
  }

  @Test
  void aTextLongerThanAnyIsRefusedByName() {
    var longest = "x".repeat(JsonBody.TEXT);
    assertThat(parse("{\"name\": \"" + longest + "\"}").text("name")).contains(longest);
    assertThatThrownBy(() -> parse("{\"name\": \"" + longest + "x\"}"))
        .asInstanceOf(type(Refusal.class))
        .returns(Refusal.Reason.INVALID, Refusal::reason)
        .satisfies(
            refused ->
                assertThat(refused.issues()).extracting(Issue::path).containsExactly("name"));
  }

  @Test
  void aBodyOfOneMebibyteIsRead() {
    String ignored = "x".repeat(MEBIBYTE - 40);
    assertThat(parse("{\"more\": \"" + ignored + "\", \"size\": 1}").integer("size")).contains(1L);
    String escaped = "\\u0041".repeat(64 << 10);
    assertThat(parse("{\"name\": \"" + escaped + "\"}").text("name"))
        .contains("A".repeat(64 << 10));
  }

  @Test
  void partsAndLevelsAreLimited() {
    assertRefused("{\"more\": [" + "{},[],".repeat(JsonBody.TOKENS / 4) + "1]}")
        .returns(ErrorCode.PARSE_ERROR, ApiException::code);
    assertRefused("{\"more\": " + "[".repeat(JsonBody.DEPTH) + "]".repeat(JsonBody.DEPTH) + "}")
        .returns(ErrorCode.PARSE_ERROR, ApiException::code);
    int levels = JsonBody.DEPTH - 1;
    parse("{\"more\": " + "[".repeat(levels) + "]".repeat(levels) + "}").issues().throwIfAny();
  }
}
