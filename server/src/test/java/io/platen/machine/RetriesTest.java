package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RetriesTest {
  private final Retries retries = new Retries();

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void whatFailsIsTriedLessAndLessOftenAndAfterFiveMinutesAtMost() {
    long now = Long.MAX_VALUE - seconds(1); // nanoTime may pass the end of its range
    long[] waits = {5, 10, 20, 40, 80, 160, 300, 300};
    for (long wait : waits) {
      assertThat(retries.isDue("m", now)).isTrue();
      retries.failed("m", "no", now);
      assertThat(retries.isDue("m", now + seconds(wait) - 1)).isFalse();
      now += seconds(wait);
    }
    assertThat(retries.isDue("other", now)).isTrue();
  }

  @Test
  void whatCouldNotBeTriedIsDueAtOnceAndItsWaitsBeginAnew() {
    assertThat(retries.notTried("m", "absent", 0)).isTrue();
    assertThat(retries.isDue("m", 0)).isTrue();
    assertThat(retries.notTried("m", "absent", 0)).isFalse();
    assertThat(retries.failed("m", "no", 0)).isTrue();
    assertThat(retries.isDue("m", seconds(5) - 1)).isFalse();
    assertThat(retries.isDue("m", seconds(5))).isTrue();
  }

  @Test
  void aReasonIsToldOnceUntilItChanges() {
    assertThat(retries.failed("m", "a", 0)).isTrue();
    assertThat(retries.failed("m", "a", 0)).isFalse();
    assertThat(retries.failed("m", "b", 0)).isTrue();
    assertThat(retries.failed("m", null, 0)).isTrue();
  }

  @Test
  void whatSucceededIsForgotten() {
    retries.failed("m", "a", 0);
    retries.failed("n", "a", 0);
    retries.keep(Set.of("n"));
    assertThat(retries.isDue("m", 0)).isTrue();
    assertThat(retries.isDue("n", 0)).isFalse();
  }
}
