package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.platen.model.Refusal;
import java.util.Set;

/** Whatever a body is: values as the API has them, or an error that the client made. */
class JsonBodyFuzzTest {
  /** The fields of all bodies. */
  private static final Set<String> FIELDS =
      Set.of(
          "name", "machineId", "machineType", "templateId", "region", "diskSize", "startOnCreate");

  @FuzzTest(maxDuration = "5m")
  void anyBytesAreABodyOrABadRequest(byte[] bytes) {
    try {
      var body = JsonBody.parse(bytes, FIELDS);
      for (var field : FIELDS) {
        body.text(field).ifPresent(text -> assertThat(text).isNotNull());
        body.name(field)
            .ifPresent(name -> assertThat(name.codePointCount(0, name.length())).isPositive());
        body.integer(field).ifPresent(number -> assertThat(number).isNotNull());
        body.flag(field).ifPresent(flag -> assertThat(flag).isNotNull());
      }
      body.issues().throwIfAny();
    } catch (ApiException e) {
      assertThat(e.code()).isIn(ErrorCode.BAD_REQUEST, ErrorCode.PARSE_ERROR);
      assertThat(e.getMessage()).isNotBlank();
    } catch (Refusal e) {
      assertThat(e.reason()).isEqualTo(Refusal.Reason.INVALID);
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest(maxDuration = "5m")
  void aNameThatIsTakenIsAsTheContractHasIt(byte[] bytes) {
    try {
      var body = JsonBody.parse(bytes, FIELDS);
      String name = body.requiredName("name");
      body.issues().throwIfAny();
      assertThat(name.codePointCount(0, name.length())).isBetween(1, 255);
      assertThat(name).isEqualTo(name.strip());
      assertThat(name.chars()).noneMatch(Character::isISOControl);
    } catch (ApiException e) {
      assertThat(e.code()).isIn(ErrorCode.BAD_REQUEST, ErrorCode.PARSE_ERROR);
    } catch (Refusal e) {
      assertThat(e.reason()).isEqualTo(Refusal.Reason.INVALID);
    }
  }
}
