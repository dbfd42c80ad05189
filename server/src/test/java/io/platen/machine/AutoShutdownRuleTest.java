package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.machine.AutoShutdownRule.Seen;
import io.platen.machine.AutoShutdownRule.Watched;
import io.platen.model.OperatingSystem;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When a machine is shut down, at times that the test sets. */
final class AutoShutdownRuleTest {
  private static final Instant START = Instant.parse("2026-11-29T10:00:00Z");
  private static final Seen NOTHING = new Seen(OptionalInt.empty(), OptionalDouble.empty());
  private static final Seen IDLE = new Seen(OptionalInt.of(0), OptionalDouble.of(0.02));
  private static final Seen USED = new Seen(OptionalInt.of(1), OptionalDouble.of(0.02));
  private static final Seen WORKING = new Seen(OptionalInt.of(0), OptionalDouble.of(0.7));

  private Instant now = START;
  private Watched watched = watched(3, false);
  private @Nullable String why;

  private static Watched watched(int hours, boolean force) {
    var machine =
        Machine.create(
                "ps1",
                "te1",
                "m",
                MachineState.READY,
                "ny2",
                "C1",
                new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                MachineDisk.over(new BaseTemplate("t1", "0".repeat(64)), 1),
                START)
            .withAutomation(
                new Automation(
                    Automation.NONE.snapshots(), new Automation.Shutdown(true, hours, force)));
    return new Watched(machine, null, null, null, false);
  }

  /** Looks each minute; the minutes after which it is to be shut down, or -1. */
  private int minutes(int minutes, Seen seen) {
    for (int i = 0; i < minutes; i++) {
      var verdict = AutoShutdownRule.judge(watched, seen, now);
      watched = verdict.watched();
      why = verdict.why();
      if (why != null) {
        return (int) Duration.between(START, now).toMinutes();
      }
      now = now.plus(Duration.ofMinutes(1));
    }
    return -1;
  }

  @Test
  void aMachineThatNoOneUsesIsShutDownAfterItsHours() {
    assertThat(minutes(500, IDLE)).isEqualTo(180);
    assertThat(why).isEqualTo("no one has used it for 3 hours");
  }

  @Test
  void useBeginsTheHoursAnew() {
    assertThat(minutes(170, IDLE)).isEqualTo(-1);
    assertThat(minutes(1, USED)).isEqualTo(-1);
    assertThat(minutes(500, IDLE)).isEqualTo(171 + 180);
  }

  @Test
  void workIsUseThoughNoOneIsLoggedIn() {
    assertThat(minutes(1000, WORKING)).isEqualTo(-1);
  }

  @Test
  void withoutAnAgentTheTimeForWhichItRunsCounts() {
    assertThat(minutes(500, NOTHING)).isEqualTo(180);
    assertThat(why).contains("it has run for 3 hours").contains("no agent");
  }

  @Test
  void anAgentThatFellSilentIsNotTakenForNone() {
    assertThat(minutes(1, USED)).isEqualTo(-1);
    assertThat(minutes(1000, NOTHING)).isEqualTo(-1);
  }

  @Test
  void forceCountsTheTimeWhateverIsDone() {
    watched = watched(1, true);
    assertThat(minutes(500, USED)).isEqualTo(60);
    assertThat(why).isEqualTo("it has run for an hour");
  }

  @Test
  void aShortRestartOfTheServerLosesNothingAndALongOneBeginsAnew() {
    assertThat(minutes(100, IDLE)).isEqualTo(-1);
    now = now.plus(Duration.ofMinutes(8));
    assertThat(minutes(1, NOTHING)).isEqualTo(-1);
    assertThat(minutes(500, IDLE)).isEqualTo(180);
    watched = watched(3, false);
    now = START;
    assertThat(minutes(100, IDLE)).isEqualTo(-1);
    now = now.plus(Duration.ofMinutes(60));
    assertThat(minutes(500, IDLE)).isEqualTo(160 + 180);
  }

  @Test
  void oneThatIsNotToBeShutDownIsNot() {
    watched =
        new Watched(watched.machine().withAutomation(Automation.NONE), START, START, START, true);
    now = START.plus(Duration.ofDays(100));
    assertThat(minutes(10, IDLE)).isEqualTo(-1);
  }
}
