package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.job.MachineTurns.Waiting;
import org.junit.jupiter.api.Test;

final class MachineTurnsTest {
  private final MachineTurns turns = new MachineTurns();

  private static Waiting job(String id) {
    return new Waiting(id, JobQueue.CAPTURES);
  }

  @Test
  void whatComesWhileTheTurnIsTakenIsCalledInItsOrder() {
    assertThat(turns.take("m", job("a"))).isTrue();
    assertThat(turns.take("m", job("b"))).isFalse();
    assertThat(turns.take("m", job("c"))).isFalse();
    assertThat(turns.take("m", job("b"))).as("asked again").isFalse();
    assertThat(turns.take("other", job("d"))).isTrue();

    assertThat(turns.giveBack("m")).contains(job("b"));
    assertThat(turns.isInLine("m", job("b"))).isFalse();
    assertThat(turns.isInLine("m", job("c"))).isTrue();
    assertThat(turns.take("m", job("b"))).isTrue();
    assertThat(turns.giveBack("m")).contains(job("c"));
    assertThat(turns.next("m")).isEmpty();
  }

  @Test
  void aJobThatGetsTheTurnUncalledLeavesTheLine() {
    assertThat(turns.take("m", job("a"))).isTrue();
    assertThat(turns.take("m", job("b"))).isFalse();
    assertThat(turns.take("m", job("c"))).isFalse();
    assertThat(turns.giveBack("m")).contains(job("b"));
    assertThat(turns.take("m", job("c"))).isTrue();
    assertThat(turns.giveBack("m")).isEmpty();
  }

  @Test
  void whatIsNoJobTakesTheTurnOnlyIfItIsFree() {
    assertThat(turns.takeIfFree("m")).isTrue();
    assertThat(turns.takeIfFree("m")).isFalse();
    assertThat(turns.take("m", job("a"))).isFalse();
    assertThat(turns.giveBack("m")).contains(job("a"));
    assertThat(turns.takeIfFree("m")).isTrue();
  }
}
