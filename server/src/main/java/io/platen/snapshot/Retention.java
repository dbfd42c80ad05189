package io.platen.snapshot;

import io.platen.template.TemplateState;
import java.util.List;

/** Which automatic snapshots of a machine are kept. */
final class Retention {
  private Retention() {}

  /**
   * Those beyond the number that is kept: all that are older than the oldest of so many whole ones.
   * One that lost a chunk takes no whole one's place.
   *
   * @param newestFirst complete ones
   */
  static List<Snapshot> beyond(List<Snapshot> newestFirst, int count) {
    int whole = 0;
    for (int i = 0; i < newestFirst.size(); i++) {
      if (newestFirst.get(i).state() == TemplateState.AVAILABLE) {
        whole++;
      }
      if (whole == count) {
        return newestFirst.subList(i + 1, newestFirst.size());
      }
    }
    return List.of();
  }
}
