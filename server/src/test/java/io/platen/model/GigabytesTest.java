package io.platen.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class GigabytesTest {
  @Test
  void aDiskGetsTheSmallestSizeThatHoldsAllOfIt() {
    assertThat(Gigabytes.smallestFor(0)).hasValue(50);
    assertThat(Gigabytes.smallestFor(50L << 30)).hasValue(50);
    assertThat(Gigabytes.smallestFor((50L << 30) + 1)).hasValue(100);
    assertThat(Gigabytes.smallestFor(16_000L << 30)).hasValue(16_000);
    assertThat(Gigabytes.smallestFor((16_000L << 30) + 1)).isEmpty();
  }

  @Test
  void onlyTheSizesOfTheReferenceAreSizes() {
    assertThat(Gigabytes.SIZES).allMatch(Gigabytes::isSize);
    assertThat(Gigabytes.isSize(51)).isFalse();
    assertThat(Gigabytes.isSize(-50)).isFalse();
    // As a number of 32 bits it would be 50.
    assertThat(Gigabytes.isSize((1L << 32) + 50)).isFalse();
  }
}
