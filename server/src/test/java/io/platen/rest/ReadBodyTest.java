package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.model.Issue;
import io.platen.model.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ReadBodyTest {
  private record Everything(
      @Schema(required = true) @Name String name,
      @Schema(required = true) String id,
      @Schema(required = true) @DiskSize int size,
      @Lines(bytes = 10) @Nullable String script,
      @Lines(bytes = 10, mayBeEmpty = true) @Nullable String description,
      @Schema(enumeration = {"hourly", "daily"}) @Nullable String frequency,
      @SettingOf("on") @Schema(minimum = "1", maximum = "9") @Nullable Integer count,
      @Nullable Boolean on,
      @Schema(defaultValue = "true") boolean usual,
      List<String> ids) {}

  private record Assigned(@Schema(required = true, nullable = true) @Nullable String machineId) {}

  private static final String LEAST = "\"name\": \" n \", \"id\": \"i\", \"size\": 50";

  private static ReadBody<Everything> read(String more) {
    return ReadBody.of(bytes("{" + LEAST + more + "}"), Everything.class);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static List<Issue> issues(ReadBody<?> body) {
    try {
      body.issues().throwIfAny();
      return List.of();
    } catch (Refusal refusal) {
      return refusal.issues();
    }
  }

  private static void assertWrong(String more, String field) {
    assertThat(issues(read(more))).as(more).extracting(Issue::path).containsExactly(field);
  }

  @Test
  void whatIsLeftOutIsNullOrAsUsual() {
    var body = read("");
    assertThat(issues(body)).isEmpty();
    assertThat(body.value())
        .isEqualTo(new Everything("n", "i", 50, null, null, null, null, null, true, List.of()));
  }

  @Test
  void zeroForASettingOfWhatIsSwitchedOffIsLeftOut() {
    assertThat(issues(read(", \"on\": false, \"count\": 0"))).isEmpty();
    assertThat(read(", \"on\": false, \"count\": 0").value().count()).isNull();
    assertThat(read(", \"count\": 0, \"on\": false").value().count()).isNull();
    assertThat(read(", \"on\": false, \"count\": 3").value().count()).isEqualTo(3);
    assertWrong(", \"on\": true, \"count\": 0", "count");
    assertWrong(", \"on\": null, \"count\": 0", "count");
    assertWrong(", \"count\": 0", "count");
    assertWrong(", \"on\": false, \"count\": 10", "count");
    assertWrong(", \"on\": false, \"count\": \"0\"", "count");
  }

  @Test
  void everyKindOfFieldIsRead() {
    var body =
        read(
            """
            , "script": "a\\nb", "description": "", "frequency": "daily", "count": 9, "on": false,
            "usual": false, "ids": ["x", "y"], "more": {"ids": [1]}
            """);
    assertThat(issues(body)).isEmpty();
    assertThat(body.value())
        .isEqualTo(
            new Everything("n", "i", 50, "a\nb", "", "daily", 9, false, false, List.of("x", "y")));
    assertThat(body.asks("ids")).isTrue();
    assertThat(body.asks("on")).isFalse();
    assertThat(body.asks("no field of it")).isFalse();
  }

  @Test
  void whatIsWrongIsNamedOnce() {
    assertWrong(", \"name\": \"\"", "name");
    assertWrong(", \"id\": \"a\\nb\"", "id");
    assertWrong(", \"size\": 51", "size");
    assertWrong(", \"size\": 1e18", "size");
    assertWrong(", \"script\": \"\"", "script");
    assertWrong(", \"script\": \"12345678901\"", "script");
    assertWrong(", \"description\": \"\\u0000\"", "description");
    assertWrong(", \"frequency\": \"yearly\"", "frequency");
    assertWrong(", \"frequency\": \"a\\u0000\"", "frequency");
    assertWrong(", \"count\": 0", "count");
    assertWrong(", \"count\": 10000000000", "count");
    assertWrong(", \"on\": \"yes\"", "on");
    assertWrong(", \"ids\": [1]", "ids");
    assertWrong(", \"ids\": {}, \"on\": 1", "on");
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    var body = ReadBody.of(bytes(""), Everything.class);
    assertThat(issues(body)).extracting(Issue::path).containsExactly("name", "id", "size");
    assertThatThrownBy(() -> ReadBody.checked(bytes("{}"), Everything.class))
        .hasMessage("name is required; id is required; size is required");
  }

  @Test
  void nullIsAnAnswerWhereTheRecordSaysSo() {
    assertThat(ReadBody.checked(bytes("{\"machineId\": null}"), Assigned.class).machineId())
        .isNull();
    assertThat(issues(ReadBody.of(bytes("{}"), Assigned.class))).hasSize(1);
    assertThat(ReadBody.checked(bytes("{\"machineId\": \"ps1\"}"), Assigned.class).machineId())
        .isEqualTo("ps1");
  }
}
