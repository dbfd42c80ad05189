package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.Test;
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

  @Test
  void eachOfSeveralCardsTakesAnAddress() throws Exception {
    var cards = new LinkedHashMap<String, String>();
    cards.put("52:54:00:00:00:01", "eth0");
    cards.put("52:54:00:11:22:33", "eth1");
    var read = new YAMLMapper().readTree(Seed.networkConfig(cards));
    assertThat(read.path("version").intValue()).isEqualTo(2);
    assertThat(read.path("ethernets").size()).isEqualTo(2);
    cards.forEach(
        (mac, name) -> {
          var card = read.path("ethernets").path(name);
          // Unquoted, YAML takes the second for a number to the base of 60.
          assertThat(card.path("match").path("macaddress").textValue()).isEqualTo(mac);
          assertThat(card.path("set-name").textValue()).isEqualTo(name);
          assertThat(card.path("dhcp4").booleanValue()).isTrue();
        });
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
