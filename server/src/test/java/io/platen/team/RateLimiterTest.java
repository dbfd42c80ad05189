package io.platen.team;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.RateLimit;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private long nanos = 1;

  private RateLimiter limiter(double perSecond, int burst) {
    return new RateLimiter(new RateLimit(perSecond, burst), () -> nanos);
  }

  @Test
  void withoutALimitEverythingPasses() {
    var limiter = new RateLimiter(null, () -> nanos);
    for (int i = 0; i < 10_000; i++) {
      assertThat(limiter.count("key")).isZero();
    }
  }

  @Test
  void aBurstPassesAndThenTheRateHolds() {
    var limiter = limiter(2, 3);
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.count("key")).isZero();
    }
    assertThat(limiter.count("key")).isEqualTo(1);
    nanos += TimeUnit.MILLISECONDS.toNanos(500);
    assertThat(limiter.count("key")).isZero();
    assertThat(limiter.count("key")).isEqualTo(1);
  }

  @Test
  void theWaitIsToldInWholeSecondsAndIsEnough() {
    var limiter = limiter(0.1, 1);
    assertThat(limiter.count("key")).isZero();
    nanos += TimeUnit.MILLISECONDS.toNanos(100);
    int seconds = limiter.count("key");
    assertThat(seconds).isEqualTo(10);
    nanos += TimeUnit.SECONDS.toNanos(seconds);
    assertThat(limiter.count("key")).isZero();
  }

  @Test
  void keysAreCountedApart() {
    var limiter = limiter(1, 1);
    assertThat(limiter.count("a")).isZero();
    assertThat(limiter.count("a")).isPositive();
    assertThat(limiter.count("b")).isZero();
  }
}
