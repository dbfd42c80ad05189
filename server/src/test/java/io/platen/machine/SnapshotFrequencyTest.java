package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.model.Ids;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When snapshots are taken, beside the plain words for it. */
final class SnapshotFrequencyTest {
  @Provide
  Arbitrary<Instant> times() {
    long first = Instant.parse("2024-01-01T00:00:00Z").getEpochSecond();
    return Arbitraries.longs()
        .between(first, first + 10L * 366 * 24 * 3600)
        .map(Instant::ofEpochSecond);
  }

  @Provide
  Arbitrary<String> ids() {
    return Arbitraries.strings().withCharRange('a', 'z').numeric().ofLength(22).map(s -> "ps" + s);
  }

  /** The hour, day, week or month that a time lies in. */
  private static String period(SnapshotFrequency frequency, Instant at) {
    var time = LocalDateTime.ofInstant(at, ZoneOffset.UTC);
    return switch (frequency) {
      case HOURLY -> time.toLocalDate() + "T" + time.getHour();
      case DAILY -> time.toLocalDate().toString();
      case WEEKLY ->
          time.get(IsoFields.WEEK_BASED_YEAR) + " " + time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
      case MONTHLY -> time.getYear() + " " + time.getMonthValue();
    };
  }

  private static Instant plusOne(SnapshotFrequency frequency, Instant at) {
    var time = at.atZone(ZoneOffset.UTC);
    return switch (frequency) {
      case HOURLY -> time.plusHours(1).toInstant();
      case DAILY -> time.plusDays(1).toInstant();
      case WEEKLY -> time.plusWeeks(1).toInstant();
      case MONTHLY -> time.withDayOfMonth(1).plusMonths(1).toInstant();
    };
  }

  @Property(tries = 300)
  void theNextTimeLiesInTheNextPeriod(
      @ForAll SnapshotFrequency frequency, @ForAll("times") Instant now, @ForAll("ids") String id) {
    assertThat(period(frequency, frequency.after(id, now)))
        .isEqualTo(period(frequency, plusOne(frequency, now)));
  }

  @Property(tries = 300)
  void theFirstTimeIsLaterThanNowAndNotLaterThanTheNextPeriod(
      @ForAll SnapshotFrequency frequency, @ForAll("times") Instant now, @ForAll("ids") String id) {
    var first = frequency.first(id, now);
    assertThat(first).isAfter(now);
    assertThat(first).isBeforeOrEqualTo(frequency.after(id, now));
    assertThat(period(frequency, first))
        .isIn(period(frequency, now), period(frequency, plusOne(frequency, now)));
  }

  @Property(tries = 300)
  void aMachineHasTheSameTimeInEachPeriod(@ForAll("times") Instant now, @ForAll("ids") String id) {
    var first = SnapshotFrequency.HOURLY.after(id, now);
    assertThat(SnapshotFrequency.HOURLY.after(id, first))
        .isEqualTo(first.plus(1, ChronoUnit.HOURS));
    var weekly = SnapshotFrequency.WEEKLY.after(id, now);
    assertThat(SnapshotFrequency.WEEKLY.after(id, weekly))
        .isEqualTo(weekly.plus(7, ChronoUnit.DAYS));
  }

  @ParameterizedTest
  @EnumSource(SnapshotFrequency.class)
  void theTimesOfAThousandMachinesSpread(SnapshotFrequency frequency) {
    var now = Instant.parse("2026-02-02T00:00:00Z");
    var end = plusOne(frequency, plusOne(frequency, now));
    long length = now.until(end, ChronoUnit.SECONDS) / 2;
    int[] tenths = new int[11];
    for (int i = 0; i < 1000; i++) {
      var at = frequency.after(Ids.machine(), now);
      tenths[
          (int) (10 * (at.getEpochSecond() - plusOne(frequency, now).getEpochSecond()) / length)]++;
    }
    // A hundred each; less than half, or more than twice as many, come once in ten million times.
    for (int i = 0; i < 9; i++) {
      assertThat(tenths[i]).as("tenth %d", i).isBetween(50, 200);
    }
  }

  @Test
  void itsTimesAreTheSameInEveryVersion() {
    var now = Instant.parse("2026-11-29T10:00:00Z");
    assertThat(SnapshotFrequency.HOURLY.after("ps1", now))
        .isEqualTo(SnapshotFrequency.HOURLY.after("ps1", now.plusSeconds(3599)));
    assertThat(SnapshotFrequency.of("hourly")).contains(SnapshotFrequency.HOURLY);
    assertThat(SnapshotFrequency.of("HOURLY")).isEmpty();
  }
}
