package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class PurgeClockTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path directory;

  private Database database;
  private PurgeClock time;
  private Instant now = START;

  @BeforeEach
  void open() throws Exception {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    time = new PurgeClock(database, _ -> {}, () -> now);
    assertThat(time.instant()).isEqualTo(START);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Instant after(Duration passed) {
    now = now.plus(passed);
    return time.instant();
  }

  @Test
  void isTheClockWhileThatGoesOn() {
    for (int hour = 0; hour < 100; hour++) {
      assertThat(after(Duration.ofHours(1))).isEqualTo(now);
    }
    assertThat(after(PurgeClock.DAY)).isEqualTo(now);
    assertThat(after(Duration.ofMinutes(1))).isEqualTo(now);
  }

  @Test
  void aJumpIsNotBelievedForADay() {
    after(Duration.ofHours(5));
    var before = now;
    assertThat(after(Duration.ofDays(30))).isEqualTo(before);
    for (int hour = 1; hour < 24; hour++) {
      assertThat(after(Duration.ofHours(1))).isEqualTo(before);
    }
    assertThat(after(Duration.ofHours(1).minusMillis(1))).isEqualTo(before);
    assertThat(after(Duration.ofMillis(1))).isEqualTo(now);
    assertThat(after(Duration.ofMinutes(1))).isEqualTo(now);
  }

  @Test
  void aClockThatIsSetBackIsBelieved() {
    var before = now;
    assertThat(after(Duration.ofDays(30))).isEqualTo(before);
    assertThat(after(Duration.ofDays(-30).plusMinutes(5))).isEqualTo(now);
    assertThat(after(Duration.ofMinutes(1))).isEqualTo(now);
  }

  @Test
  void aHostThatRunsOnceAWeekPurgesAWeekLater() {
    var before = now;
    for (int week = 0; week < 5; week++) {
      assertThat(after(Duration.ofDays(7))).isEqualTo(before);
      before = now;
    }
  }

  @Test
  void oneNodeWhoseClockIsAheadGoesByTheOthers() {
    for (int look = 0; look < 3 * 48; look++) {
      assertThat(after(Duration.ofMinutes(30))).isEqualTo(now);
      var right = now;
      var ahead = new PurgeClock(database, _ -> {}, () -> right.plus(Duration.ofDays(30)));
      assertThat(ahead.instant()).isBetween(right.minus(PurgeClock.NOTED), right);
    }
  }
}
