package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeedTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "123",
        "0123",
        "1e3",
        "0x1f",
        "1_000",
        "yes",
        "No",
        "on",
        "null",
        "true",
        "~",
        "2001-12-14",
        "12:30:45",
        "it's",
        "a \"b\"",
        "a: b # c",
        "line\nbreak",
        "{a}",
        "机器",
        "é",
        "---",
        "=",
        "<<"
      })
  void whateverAMachineIsCalledCloudInitReadsTexts(String name) throws Exception {
    var read = new YAMLMapper().readTree(Seed.metaData("ps1", name));
    assertThat(read.path("local-hostname").isTextual()).isTrue();
    assertThat(read.path("local-hostname").asText()).isEqualTo(Hostname.of(name, "ps1"));
    assertThat(read.path("instance-id").isTextual()).isTrue();
    assertThat(read.path("instance-id").asText()).isEqualTo("ps1");
    assertThat(read.size()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"123", "1e3", "null", "yes", "2001-12-14"})
  void anIdIsATextToo(String id) throws Exception {
    var read = new YAMLMapper().readTree(Seed.metaData(id, "机器"));
    assertThat(read.path("instance-id").isTextual()).isTrue();
    assertThat(read.path("instance-id").asText()).isEqualTo(id);
    assertThat(read.path("local-hostname").asText()).isEqualTo(id);
  }
}
