package io.platen.snapshot;

import io.platen.template.TemplateState;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Which automatic snapshots of a machine are kept. */
final class Retention {
  private Retention() {}

  /**
   * Those beyond the number that is kept: all that are older than the oldest of so many whole ones.
   * One that lost a chunk takes no whole one's place.
   *
   * <p>The one that was taken now is the newest, whatever the clock says. One of a later time than
   * now is of a time when the clock was ahead, and counts as older than all others: it would keep
   * each new one out until that time comes.
   *
   * @param newestFirst complete ones, by the time that they have
   * @param taken the id of the one that was taken now
   */
  static List<Snapshot> beyond(List<Snapshot> newestFirst, int count, String taken, Instant now) {
    var ordered =
        newestFirst.stream()
            .sorted(Comparator.comparingInt(snapshot -> rank(snapshot, taken, now)))
            .toList();
    int whole = 0;
    for (int i = 0; i < ordered.size(); i++) {
      if (ordered.get(i).state() == TemplateState.AVAILABLE) {
        whole++;
      }
      if (whole == count) {
        return ordered.subList(i + 1, ordered.size());
      }
    }
    return List.of();
  }

  private static int rank(Snapshot snapshot, String taken, Instant now) {
    if (snapshot.id().equals(taken)) {
      return 0;
    }
    return snapshot.dtCreated().isAfter(now) ? 2 : 1;
  }
}
