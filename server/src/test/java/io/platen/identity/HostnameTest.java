package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostnameTest {
  @Test
  void namesBecomeHostNames() {
    assertThat(Hostname.of("Web Server 1", "ps1")).isEqualTo("web-server-1");
    assertThat(Hostname.of("  --a__b.c--  ", "ps1")).isEqualTo("a-b-c");
  }

  @Test
  void whatHasNoneGetsTheId() {
    assertThat(Hostname.of("机器", "ps1")).isEqualTo("ps1");
    assertThat(Hostname.of("---", "ps1")).isEqualTo("ps1");
  }

  @Test
  void noneIsTooLongOrEndsWithADash() {
    assertThat(Hostname.of("a".repeat(100), "ps1")).hasSize(63);
    assertThat(Hostname.of("a".repeat(62) + " b", "ps1")).isEqualTo("a".repeat(62));
  }
}
