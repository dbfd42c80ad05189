package io.platen.event;

import org.jspecify.annotations.Nullable;

/**
 * How far a job is.
 *
 * @param phase what it is doing; null before it began
 * @param consistency how a running machine's disk was taken; null for others
 * @param bytesDone of the disk, whether they had to be read or not
 */
public record Progress(
    @Nullable String phase,
    @Nullable String consistency,
    long bytesDone,
    long bytesTotal,
    long bytesPerSecond) {
  public static final Progress NONE = new Progress(null, null, 0, 0, 0);

  /** Whole seconds at the present rate; null where there is no rate yet. */
  public @Nullable Long secondsLeft() {
    if (bytesPerSecond == 0 || bytesTotal == 0) {
      return null;
    }
    return Math.ceilDiv(Math.max(0, bytesTotal - bytesDone), bytesPerSecond);
  }
}
