package io.platen.event;

import org.jspecify.annotations.Nullable;

/**
 * How far a job is.
 *
 * @param phase what it is doing, and behind a colon why, where Platen began it by itself; null
 *     before it began
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

  /** As the phase of an event that has ended: how it ended, and why Platen began it, if it did. */
  String phaseAtEnd(EventState state) {
    String last = phase == null ? "" : phase;
    int why = last.indexOf(": ");
    return why < 0 ? state.label() : state.label() + last.substring(why);
  }

  /** Whole seconds at the present rate; null where there is no rate yet. */
  public @Nullable Long secondsLeft() {
    if (bytesPerSecond == 0 || bytesTotal == 0) {
      return null;
    }
    return Math.ceilDiv(Math.max(0, bytesTotal - bytesDone), bytesPerSecond);
  }
}
