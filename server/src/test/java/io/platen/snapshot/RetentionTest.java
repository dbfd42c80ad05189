package io.platen.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.template.TemplateState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Which automatic snapshots are kept, beside the rule in other words. */
final class RetentionTest {
  private static final Instant NOW = Instant.ofEpochSecond(1000);

  private static Snapshot snapshot(int number, boolean whole) {
    return new Snapshot(
        "sn" + number,
        "te1",
        "ps1",
        "n",
        whole ? TemplateState.AVAILABLE : TemplateState.DAMAGED,
        true,
        false,
        1,
        "d",
        Instant.ofEpochSecond(1000 - number));
  }

  @Property
  void theNewestWholeOnesAreKeptAndNothingOlder(
      @ForAll @Size(max = 12) List<Boolean> whole, @ForAll @IntRange(min = 1, max = 6) int count) {
    var all = new ArrayList<Snapshot>();
    whole.forEach(each -> all.add(snapshot(all.size(), each)));
    var beyond = Retention.beyond(all, count, "sn0", NOW);
    var kept = new ArrayList<>(all);
    kept.removeAll(beyond);
    long wholeOnes = all.stream().filter(each -> each.state() == TemplateState.AVAILABLE).count();
    assertThat(kept.stream().filter(each -> each.state() == TemplateState.AVAILABLE).count())
        .isEqualTo(Math.min(count, wholeOnes));
    for (var old : beyond) {
      assertThat(kept).allMatch(each -> each.dtCreated().isAfter(old.dtCreated()));
    }
    // Nothing goes before there are enough whole ones.
    if (wholeOnes < count) {
      assertThat(beyond).isEmpty();
    }
  }

  /** Their times are those of a clock that was ahead when the first two were taken. */
  @Example
  void aClockThatWasAheadKeepsNoNewOneOut() {
    var ahead = List.of(snapshot(-2000, true), snapshot(-1000, true));
    var first = snapshot(10, true);
    var taken = snapshot(5, true);
    var all = List.of(ahead.get(0), ahead.get(1), taken, first);
    assertThat(Retention.beyond(all, 1, taken.id(), NOW))
        .containsExactlyInAnyOrder(ahead.get(0), ahead.get(1), first);
    assertThat(Retention.beyond(all, 3, taken.id(), NOW)).containsExactly(ahead.get(1));
  }

  @Example
  void theOneThatWasTakenNowIsTheNewestWhateverItsTimeIs() {
    var before = snapshot(1, true);
    var taken = snapshot(2, true);
    var newestFirst = List.of(before, taken);
    assertThat(Retention.beyond(newestFirst, 1, taken.id(), NOW)).containsExactly(before);
  }
}
