package io.platen.config;

import java.time.Duration;

/**
 * How the store and the cache are looked after.
 *
 * @param collectHours how often chunks that nothing needs are removed; 0 for never
 * @param cacheGb how much the base images that no machine stands on may take with the others, in GB
 *     of 2^30 bytes
 * @param scrubDays in how many days every stored chunk is read once; 0 for never
 * @param scrubMegabytesPerSecond how fast that reads at most, in MB of 10^6 bytes
 * @param backupTime when the database is dumped into the store
 * @param undeleteDays for how many days what is deleted can be undeleted; 0 for not at all
 */
public record UpkeepConfig(
    int collectHours,
    int cacheGb,
    int scrubDays,
    int scrubMegabytesPerSecond,
    DailyTime backupTime,
    int undeleteDays) {
  /** When few are at work, in Europe and in America. */
  static final String DEFAULT_BACKUP_TIME = "02:30";

  public static final UpkeepConfig DEFAULT =
      new UpkeepConfig(24, 100, 30, 20, DailyTime.of(DEFAULT_BACKUP_TIME).orElseThrow(), 7);

  /** How much base images may take, in bytes. */
  public long cacheBytes() {
    return (long) cacheGb << 30;
  }

  /** How fast a scrub reads at most, in bytes. */
  public long scrubBytesPerSecond() {
    return scrubMegabytesPerSecond * 1_000_000L;
  }

  /** For how long what is deleted can be undeleted. */
  public Duration undeletable() {
    return Duration.ofDays(undeleteDays);
  }
}
