package io.platen.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AvailableMachineTypesTest {
  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void whatWasWrittenOnceIsWhatTheListWouldBeWrittenAs() throws Exception {
    var types = CatalogFile.read(null).available("ny2", "x86_64", "bios", true);
    assertThat(types).isNotEmpty();
    String plain = mapper.writeValueAsString(new ArrayList<>(types));
    assertThat(mapper.writeValueAsString(types)).isEqualTo(plain);
    assertThat(mapper.writeValueAsString(Map.of("types", types)))
        .isEqualTo("{\"types\":" + plain + "}");
    assertThat(new String(mapper.writeValueAsBytes(types), StandardCharsets.UTF_8))
        .isEqualTo(plain);
  }
}
