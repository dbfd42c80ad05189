package io.platen.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AllowedMethodsTest {
  @ParameterizedTest
  @CsvSource({
    "/v1/machines, /v1/machines, true",
    "/v1/machines, /v1/machines/, true",
    "/v1/machines, /v1/machines/x, false",
    "/v1/machines, /v1/machinesx, false",
    "/v1/machines/{id}, /v1/machines/x, true",
    "/v1/machines/{id}, /v1/machines/x/start, false",
    "/v1/machines/{id}/start, /v1/machines/x/start/, true",
    "/v1/{some:a|b}{more:(/.*)?}, /v1/a, true",
    "/v1/{some:a|b}{more:(/.*)?}, /v1/b/c/d, true",
    "/v1/{some:a|b}{more:(/.*)?}, /v1/c, false",
    "/v1.0/x, /v1a0/x, false",
  })
  void aTemplateIsThePathsThatItStandsFor(String template, String path, boolean matches) {
    assertThat(AllowedMethods.pattern(template).matcher(path).matches()).isEqualTo(matches);
  }
}
