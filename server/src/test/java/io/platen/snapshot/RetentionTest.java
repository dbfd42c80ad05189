package io.platen.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.template.TemplateState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Which automatic snapshots are kept, beside the rule in other words. */
final class RetentionTest {
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
    var beyond = Retention.beyond(all, count);
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
}
