package io.platen.model;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv4Test {
  @Property(tries = 500)
  void everyAddressHasOneSpelling(@ForAll int bits) {
    var address = new Ipv4(bits);
    assertThat(Ipv4.parse(address.toString())).contains(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "256.0.0.1",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.-4",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4/24",
        "a.b.c.d",
        "1.2.3.1000",
        "::1",
        "1.2.3.4\n"
      })
  void whatIsSpelledOtherwiseIsNone(String text) {
    assertThat(Ipv4.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0x7fffffff, 0x80000000, -2})
  void addressesFollowOneAnotherAcrossTheSign(int bits) {
    var address = new Ipv4(bits);
    assertThat(address.plus(1)).isGreaterThan(address);
  }
}
