package io.platen.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;

final class ApiTest {
  private static String told(String url, String message) {
    return Api.message(url, 404, JsonNodeFactory.instance.objectNode().put("message", message));
  }

  @Test
  void whoForgetsTheEndOfTheAddressIsTold() {
    String nothing = "There is nothing at this path; see /v1/openapi.json.";
    assertThat(told("http://host:8080", nothing))
        .startsWith(nothing)
        .contains("http://host:8080 does not end with /v1", "PAPERSPACE_API_URL");
    assertThat(told("http://host:8080/v1", nothing)).isEqualTo(nothing);
    String unknown = "There is no machine with the id x.";
    assertThat(told("https://proxy.example", unknown)).isEqualTo(unknown);
  }
}
