package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.event.Progress;
import java.util.ArrayList;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class JobContextTest {
  private static final long QUARTER = 250_000_000;

  private final JobContext context = new JobContext(done -> {});

  /** Advances steadily, and looks four times a second. */
  private Progress advance(long from, long step, int times) {
    var last = context.progress(QUARTER);
    for (int i = 1; i <= times; i++) {
      context.advanced(from + i * step, 1_000_000);
      last = context.progress(QUARTER * (i + 1));
    }
    return last;
  }

  @Test
  void theRateIsThatOfASteadyJob() {
    context.phase("capturing", 1_000_000);
    var progress = advance(0, 1000, 20);
    assertThat(progress.phase()).isEqualTo("capturing");
    assertThat(progress.bytesPerSecond()).isEqualTo(4000);
    assertThat(progress.bytesDone()).isEqualTo(20_000);
    assertThat(progress.secondsLeft()).isEqualTo(245);
  }

  @Test
  void theRateFollowsAChangeWithinTwoSeconds() {
    context.phase("capturing", 1_000_000);
    advance(0, 1000, 8);
    long done = 8000;
    Progress progress = Progress.NONE;
    for (int i = 0; i < 8; i++) {
      done += 10_000;
      context.advanced(done, 1_000_000);
      progress = context.progress(QUARTER * (10 + i));
    }
    assertThat(progress.bytesPerSecond()).isCloseTo(40_000, Offset.offset(8000L));
  }

  @Test
  void aNewPhaseBeginsWithoutARate() {
    context.phase("capturing", 1_000_000);
    advance(0, 1000, 5);
    context.phase("publishing", 10);
    var progress = context.progress(QUARTER * 10);
    assertThat(progress.bytesPerSecond()).isZero();
    assertThat(progress.bytesDone()).isZero();
    assertThat(progress.secondsLeft()).isNull();
  }

  @Test
  void whatStopsAJobIsRunOnceWheneverItWasRegistered() {
    var stopped = new ArrayList<String>();
    context.onStop(() -> stopped.add("before"));
    assertThat(context.isStopped()).isFalse();
    context.stop();
    context.stop();
    context.onStop(() -> stopped.add("after"));
    assertThat(stopped).containsExactly("before", "after");
    assertThatThrownBy(context::throwIfStopped).isInstanceOf(JobStopped.class);
  }
}
