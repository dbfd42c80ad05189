package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.ConnectionException;
import org.junit.jupiter.api.Test;

final class RegularWorkTest {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @Test
  void aTurnThatFailsIsFollowedByAnother() {
    var turns = new AtomicInteger();
    try (var work =
        new RegularWork(
            "work",
            LIMIT,
            new Watchdog(System::nanoTime),
            () -> {
              switch (turns.incrementAndGet()) {
                case 1 -> throw new IOException("libvirt is away");
                case 2 -> throw new IllegalStateException("a mistake");
                case 3 -> throw new StackOverflowError("an error");
                default -> {}
              }
            })) {
      work.start(Duration.ofMillis(1));
      await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() > 3);
    }
  }

  @Test
  void aTurnThatIsStuckIsMissed() throws Exception {
    var now = new AtomicLong();
    var watchdog = new Watchdog(now::get);
    var begun = new CountDownLatch(1);
    var stuck = new CountDownLatch(1);
    try (var work =
        new RegularWork(
            "stuck work",
            LIMIT,
            watchdog,
            () -> {
              begun.countDown();
              stuck.await();
            })) {
      work.start(Duration.ofMillis(1));
      begun.await();
      now.addAndGet(LIMIT.toNanos());
      assertThat(watchdog.missing()).isEmpty();
      now.incrementAndGet();
      assertThat(watchdog.missing()).containsExactly("stuck work");
      // A part of the turn is done.
      work.beat();
      assertThat(watchdog.missing()).isEmpty();
      stuck.countDown();
    }
  }

  @Test
  void theLastTurnFollowsAllThatWasDoneBefore() throws Exception {
    var first = new CountDownLatch(1);
    var turns = new AtomicInteger();
    try (var work = counting(turns, first)) {
      work.start(Duration.ofHours(1));
      first.await();
      work.closeAfterLastTurn(LIMIT);
      assertThat(turns).hasValue(2);
      work.closeAfterLastTurn(LIMIT);
      assertThat(turns).as("it has ended").hasValue(2);
    }
  }

  @Test
  void workThatHasNotBegunTakesNoLastTurn() throws Exception {
    var turns = new AtomicInteger();
    try (var work = counting(turns, new CountDownLatch(1))) {
      work.closeAfterLastTurn(LIMIT);
    }
    assertThat(turns).hasValue(0);
  }

  @Test
  void aLastTurnThatTakesTooLongIsInterrupted() throws Exception {
    var interrupted = new CountDownLatch(1);
    try (var work =
        new RegularWork(
            "work",
            LIMIT,
            new Watchdog(System::nanoTime),
            () -> {
              try {
                new CountDownLatch(1).await();
              } finally {
                interrupted.countDown();
              }
            })) {
      work.start(Duration.ofHours(1));
      work.closeAfterLastTurn(Duration.ofMillis(1));
      interrupted.await();
    }
  }

  private static RegularWork counting(AtomicInteger turns, CountDownLatch first) {
    return new RegularWork(
        "work",
        LIMIT,
        new Watchdog(System::nanoTime),
        () -> {
          turns.incrementAndGet();
          first.countDown();
        });
  }

  @Test
  void aDatabaseThatIsAwayIsOneReasonHoweverLongEachTurnHasWaitedForIt() {
    var first = new SQLTransientException("timed out after 5003ms (total=0, waiting=9)");
    var next = new SQLTransientException("timed out after 5011ms (total=0, waiting=2)");
    assertThat(RegularWork.reason(new ConnectionException(first)))
        .isEqualTo(RegularWork.reason(new ConnectionException(next)))
        .isNotEqualTo(RegularWork.reason(new IOException("libvirt is away")));
  }

  /** What one process alone has no use for is made, and not started. */
  @Test
  void workThatWasNotStartedIsNotMissed() {
    var now = new AtomicLong();
    var watchdog = new Watchdog(now::get);
    try (var work = new RegularWork("unused work", LIMIT, watchdog, () -> {})) {
      now.addAndGet(2 * LIMIT.toNanos());
      work.beat();
      assertThat(watchdog.missing()).isEmpty();
      assertThat(watchdog.watched()).isEmpty();
    }
  }
}
