package io.platen.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class WatchdogTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Watchdog watchdog = new Watchdog(now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void aLoopThatBeatsInTimeIsWell() {
    var pulse = watchdog.watch("loop", Duration.ofSeconds(10));
    for (int i = 0; i < 5; i++) {
      pass(Duration.ofSeconds(10));
      assertThat(watchdog.missing()).isEmpty();
      pulse.beat();
    }
  }

  @Test
  void aLoopThatDoesNotBeatIsMissingUntilItDoes() {
    var stuck = watchdog.watch("stuck", Duration.ofSeconds(10));
    var never = watchdog.watch("never", Duration.ofSeconds(5));
    watchdog.watch("slow", Duration.ofSeconds(60));
    pass(Duration.ofSeconds(11));
    assertThat(watchdog.missing()).containsExactly("never", "stuck");
    stuck.beat();
    assertThat(watchdog.missing()).containsExactly("never");
    never.beat();
    assertThat(watchdog.missing()).isEmpty();
  }

  @Test
  void aThreadThatHasEndedIsMissing() {
    var runs = new AtomicBoolean(true);
    watchdog.watch("writer", runs::get);
    assertThat(watchdog.missing()).isEmpty();
    runs.set(false);
    assertThat(watchdog.missing()).containsExactly("writer");
  }
}
