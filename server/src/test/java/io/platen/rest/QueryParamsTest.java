package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.model.Issues;
import jakarta.ws.rs.core.MultivaluedHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QueryParamsTest {
  private static QueryParams of(String... limits) {
    var values = new MultivaluedHashMap<String, String>();
    for (var limit : limits) {
      values.add("limit", limit);
    }
    return new QueryParams(values, new Issues());
  }

  @Test
  void ofANumberThatIsGivenTwiceTheFirstCounts() {
    assertThat(of("7", "8").integer("limit", 1, 120, 20)).isEqualTo(7);
    assertThat(of().integer("limit", 1, 120, 20)).isEqualTo(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " 5", "+5", "5.0", "5e0", "0x5", "\u0665", "0", "121", "2147483648"})
  void whatIsNoNumberInDigitsFrom0To9IsAnIssue(String text) {
    var query = of(text);
    query.integer("limit", 1, 120, 20);
    assertThatThrownBy(query.issues()::throwIfAny)
        .hasMessage("limit: \"" + text + "\" is not a whole number from 1 to 120");
  }
}
