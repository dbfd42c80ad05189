package io.platen.config;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * A time of day, in UTC, at which something is done; or never.
 *
 * @param time empty for never
 */
public record DailyTime(Optional<LocalTime> time) {
  static final String ACCEPTED = "a time of day in UTC such as 02:30, or never";

  private static final String NEVER = "never";

  /** Empty for a text that is none. */
  static Optional<DailyTime> of(String text) {
    if (text.equals(NEVER)) {
      return Optional.of(new DailyTime(Optional.empty()));
    }
    try {
      return text.length() == "02:30".length()
          ? Optional.of(new DailyTime(Optional.of(LocalTime.parse(text))))
          : Optional.empty();
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** The last such moment that is not after another; empty where it is never. */
  public Optional<Instant> last(Instant now) {
    return time.map(
        at -> {
          var today = now.atOffset(ZoneOffset.UTC).toLocalDate();
          var moment = today.atTime(at).toInstant(ZoneOffset.UTC);
          return moment.isAfter(now)
              ? today.minusDays(1).atTime(at).toInstant(ZoneOffset.UTC)
              : moment;
        });
  }
}
