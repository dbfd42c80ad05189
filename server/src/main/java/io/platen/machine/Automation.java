package io.platen.machine;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What Platen does with a machine by itself. */
public record Automation(Snapshots snapshots, Shutdown shutdown) {
  public static final Automation NONE =
      new Automation(new Snapshots(false, null, null), new Shutdown(false, null, null));

  /** The largest number of automatic snapshots that a machine may keep. */
  public static final int MOST_SNAPSHOTS = 1000;

  /** A year. */
  public static final int MOST_HOURS = 366 * 24;

  private static final SnapshotFrequency FREQUENCY = SnapshotFrequency.DAILY;
  private static final int SAVE_COUNT = 7;
  private static final int HOURS = 24;

  /**
   * Snapshots by a schedule.
   *
   * @param frequency null where it was never said
   * @param saveCount how many of them are kept; null where it was never said
   */
  public record Snapshots(
      boolean isEnabled, @Nullable SnapshotFrequency frequency, @Nullable Integer saveCount) {
    /** When the next one is to be begun; null for never. */
    @Nullable Instant firstDue(String machineId, Instant now) {
      return isEnabled && frequency != null ? frequency.first(machineId, now) : null;
    }
  }

  /**
   * Shutdown of a machine that is not used.
   *
   * @param hours how long it may run, or be idle; null where it was never said
   * @param force whether the time for which it runs counts, whatever is done on it; null where it
   *     was never said
   */
  public record Shutdown(boolean isEnabled, @Nullable Integer hours, @Nullable Boolean force) {}

  /** The fields of a request, as its record has them; null for what was not sent. */
  public record Wanted(
      @Nullable Boolean autoSnapshotEnabled,
      @Nullable String autoSnapshotFrequency,
      @Nullable Integer autoSnapshotSaveCount,
      @Nullable Boolean autoShutdownEnabled,
      @Nullable Integer autoShutdownTimeout,
      @Nullable Boolean autoShutdownForce) {}

  /** What a request asks for; empty where it leaves something as it is. */
  public record Change(
      Optional<Boolean> snapshots,
      Optional<SnapshotFrequency> frequency,
      Optional<Integer> saveCount,
      Optional<Boolean> shutdown,
      Optional<Integer> hours,
      Optional<Boolean> force) {
    /** Leaves everything as it is. */
    public static final Change NONE =
        new Change(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** What these fields of a request ask for. */
    public static Change of(Wanted fields) {
      return new Change(
          Optional.ofNullable(fields.autoSnapshotEnabled),
          Optional.ofNullable(fields.autoSnapshotFrequency).flatMap(SnapshotFrequency::of),
          Optional.ofNullable(fields.autoSnapshotSaveCount),
          Optional.ofNullable(fields.autoShutdownEnabled),
          Optional.ofNullable(fields.autoShutdownTimeout),
          Optional.ofNullable(fields.autoShutdownForce));
    }

    /** What a machine has then. What is switched on without its settings gets defaults. */
    public Automation on(Automation now) {
      return new Automation(on(now.snapshots), on(now.shutdown));
    }

    private Snapshots on(Snapshots now) {
      boolean enabled = snapshots.orElse(now.isEnabled);
      return new Snapshots(
          enabled,
          or(frequency, now.frequency, enabled, FREQUENCY),
          or(saveCount, now.saveCount, enabled, SAVE_COUNT));
    }

    private Shutdown on(Shutdown now) {
      boolean enabled = shutdown.orElse(now.isEnabled);
      return new Shutdown(
          enabled, or(hours, now.hours, enabled, HOURS), or(force, now.force, enabled, false));
    }

    private static <T> @Nullable T or(
        Optional<T> asked, @Nullable T now, boolean enabled, T otherwise) {
      if (asked.isPresent()) {
        return asked.get();
      }
      return now == null && enabled ? otherwise : now;
    }
  }
}
