package io.platen.machine;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How often a snapshot is taken of a machine: once in each hour, day, week (from Monday) or month,
 * in UTC. When in that time is the machine's own, and follows from its id: so the snapshots of many
 * machines spread.
 */
public enum SnapshotFrequency {
  HOURLY,
  DAILY,
  WEEKLY,
  MONTHLY;

  /** Every month has as many days, so that each has its snapshot. */
  private static final int DAYS_OF_MONTH = 28;

  /** As clients and the database know it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<SnapshotFrequency> of(String label) {
    return Arrays.stream(values()).filter(each -> each.label().equals(label)).findFirst();
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(SnapshotFrequency::label).toList();
  }

  /**
   * The machine's next time. It lies in the period after that of {@code now}: where a snapshot is
   * begun now, there are never two in one period, however late this one is.
   */
  public Instant after(String machineId, Instant now) {
    return time(machineId, next(start(now)));
  }

  /**
   * The machine's next time where no snapshot is begun now: later in this period, or in the next.
   */
  public Instant first(String machineId, Instant now) {
    var inThis = time(machineId, start(now));
    return inThis.isAfter(now) ? inThis : after(machineId, now);
  }

  /** All next times are before this one, whatever the machine is. */
  Instant limit(Instant now) {
    return next(next(start(now))).toInstant();
  }

  /** When the machine's time is in the period that begins then. */
  private Instant time(String machineId, ZonedDateTime start) {
    return start.toInstant().plus(offset(machineId));
  }

  private Duration offset(String machineId) {
    long seconds =
        switch (this) {
          case HOURLY -> Duration.ofHours(1).toSeconds();
          case DAILY -> Duration.ofDays(1).toSeconds();
          case WEEKLY -> Duration.ofDays(7).toSeconds();
          case MONTHLY -> Duration.ofDays(DAYS_OF_MONTH).toSeconds();
        };
    return Duration.ofSeconds(Long.remainderUnsigned(hash(machineId), seconds));
  }

  /** FNV-1a, 64 bits: the same in every version, and spread evenly over ids, which are random. */
  private static long hash(String id) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < id.length(); i++) {
      hash = (hash ^ id.charAt(i)) * 0x100000001b3L;
    }
    // Its low bits alone depend on few of the characters' bits.
    return (hash ^ (hash >>> 32)) & Long.MAX_VALUE;
  }

  private ZonedDateTime start(Instant at) {
    var time = at.atZone(ZoneOffset.UTC);
    var day = time.truncatedTo(ChronoUnit.DAYS);
    return switch (this) {
      case HOURLY -> time.truncatedTo(ChronoUnit.HOURS);
      case DAILY -> day;
      case WEEKLY -> day.minusDays(day.getDayOfWeek().getValue() - 1L);
      case MONTHLY -> day.withDayOfMonth(1);
    };
  }

  private ZonedDateTime next(ZonedDateTime start) {
    return switch (this) {
      case HOURLY -> start.plusHours(1);
      case DAILY -> start.plusDays(1);
      case WEEKLY -> start.plusWeeks(1);
      case MONTHLY -> start.plusMonths(1);
    };
  }
}
