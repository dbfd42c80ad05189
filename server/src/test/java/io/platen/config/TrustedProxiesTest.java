package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrustedProxiesTest {
  private static TrustedProxies of(String text) {
    return TrustedProxies.of(text).orElseThrow();
  }

  @Test
  void addressesAndNetworksOfBothKinds() {
    var proxies = of("192.0.2.7, 10.16.0.0/12,2001:db8::/33 , ::1");
    assertThat(
            new String[] {
              "192.0.2.7",
              "10.16.0.1",
              "10.31.255.255",
              "2001:db8:7fff::1",
              "::1",
              "0:0:0:0:0:0:0:1"
            })
        .allMatch(proxies::include);
    assertThat(
            new String[] {
              "192.0.2.8", "10.32.0.0", "10.15.255.255", "2001:db8:8000::1", "::2", "localhost", ""
            })
        .noneMatch(proxies::include);
    assertThat(of("0.0.0.0/0").include("203.0.113.1")).isTrue();
    assertThat(TrustedProxies.NONE.include("127.0.0.1")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ",", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.256"})
  void whatIsNeitherIsRefused(String text) {
    assertThat(TrustedProxies.of(text)).isEmpty();
  }
}
