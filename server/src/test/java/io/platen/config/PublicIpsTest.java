package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.model.Ipv4;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublicIpsTest {
  private static Ipv4 ip(String text) {
    return Ipv4.parse(text).orElseThrow();
  }

  @Test
  void aRangeOffersTheNetworksAddressesToo() {
    var range = new AddressRange(ip("192.0.2.10"), ip("192.0.2.20"));
    assertThat(PublicIps.of("192.0.2.10-192.0.2.20"))
        .isEqualTo(new PublicIps(PublicIps.Offer.NETWORK, range, 32))
        .isEqualTo(PublicIps.of(" 192.0.2.10 - 192.0.2.20 "));
    assertThat(range.size()).isEqualTo(11);
    assertThat(range.contains(ip("192.0.2.10"))).isTrue();
    assertThat(range.contains(ip("192.0.2.21"))).isFalse();
    assertThat(range.meets(new AddressRange(ip("192.0.2.20"), ip("192.0.2.30")))).isTrue();
    assertThat(range.meets(new AddressRange(ip("192.0.2.21"), ip("192.0.2.30")))).isFalse();
  }

  @Test
  void theWordsMeanWhatTheySay() {
    assertThat(PublicIps.of("auto")).isEqualTo(PublicIps.DEFAULT);
    assertThat(PublicIps.of("none").offer()).isEqualTo(PublicIps.Offer.NONE);
    assertThat(PublicIps.of("network").offer()).isEqualTo(PublicIps.Offer.NETWORK);
    assertThat(PublicIps.of("network").range()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "nat,is not one of auto",
    "192.0.2.10,is not one of auto",
    "192.0.2.10-192.0.2.256,is not one of auto",
    "192.0.2.0/24,is not one of auto",
    "192.0.2.20-192.0.2.10,begins behind its end",
    "10.0.0.0-10.255.255.255,more than 65536",
    "0.0.0.0-255.255.255.255,more than 65536"
  })
  void whatIsWrongIsSaid(String text, String why) {
    assertThatThrownBy(() -> PublicIps.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text)
        .hasMessageContaining(why);
  }
}
