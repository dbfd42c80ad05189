package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.StoreMaintenance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mending of what one verification found damaged: what was done, and what each template lacks
 * afterwards. For one thread.
 */
final class MendingRun {
  private final Verification verification;
  private final StoreMaintenance store;
  private final Mending mending;
  private final Cancellation cancellation;
  private final List<VerifyReport.MendedTemplate> done = new ArrayList<>();
  private final List<VerifyReport.DamagedTemplate> left = new ArrayList<>();
  private final List<String> whole = new ArrayList<>();
  private long setAside;
  private long kept;

  MendingRun(
      Verification verification,
      StoreMaintenance store,
      Mending mending,
      Cancellation cancellation) {
    this.verification = verification;
    this.store = store;
    this.mending = mending;
    this.cancellation = cancellation;
  }

  /** Mends one, as far as other stores have it, and looks how damaged it is then. */
  void mend(VerifyReport.DamagedTemplate damaged) throws IOException {
    var first = fetch(damaged);
    if (first == null) {
      left.add(damaged);
      return;
    }
    var now = look(damaged);
    if (now != null && first.index()) {
      // As long as the index was lost, it was not known which chunks to read.
      var second = fetch(now);
      if (second != null) {
        first = first.and(second);
        now = look(now);
      }
    }
    done.add(first);
    if (now != null) {
      left.add(now);
    } else if (verification.digest(damaged.template()) != null) {
      whole.add(damaged.template());
    }
  }

  private VerifyReport.@Nullable MendedTemplate fetch(VerifyReport.DamagedTemplate damaged)
      throws IOException {
    String digest = verification.digest(damaged.template());
    return digest == null
        ? null
        : mending.mend(damaged.template(), digest, cancellation).orElse(null);
  }

  /** How damaged it is by now; null where it is whole, or not needed any more. */
  private VerifyReport.@Nullable DamagedTemplate look(VerifyReport.DamagedTemplate before)
      throws IOException {
    if (verification.digest(before.template()) == null) {
      return null;
    }
    var report = verification.setAside(store, before.template(), step -> {}, cancellation);
    setAside += report.setAside();
    kept += report.kept();
    return report.damaged().stream()
        .filter(damaged -> damaged.template().equals(before.template()))
        .findFirst()
        .orElse(null);
  }

  /** What was fetched. */
  List<VerifyReport.MendedTemplate> done() {
    return List.copyOf(done);
  }

  /** Those that are damaged still. */
  List<VerifyReport.DamagedTemplate> left() {
    return List.copyOf(left);
  }

  /** Whether some of a template is whole in no store that this node can read. */
  boolean isLost(String templateId) {
    return done.stream().anyMatch(each -> each.template().equals(templateId) && each.lost());
  }

  /** Those that are whole now, by their ids. */
  List<String> whole() {
    return List.copyOf(whole);
  }

  /**
   * The report of the verification with what is so now.
   *
   * @param still the templates that count as damaged
   * @param healed as of {@link VerifyReport#healed}
   */
  VerifyReport report(
      VerifyReport before, List<VerifyReport.DamagedTemplate> still, List<String> healed)
      throws IOException {
    var bad = still.isEmpty() ? List.<VerifyReport.Bad>of() : badStill(before);
    return new VerifyReport(
        before.indexes(),
        before.chunks(),
        before.bytes(),
        still.isEmpty() ? 0 : before.badChunks() - (before.bad().size() - bad.size()),
        bad,
        still,
        before.setAside() + setAside,
        before.kept() + kept,
        healed,
        done);
  }

  /** The chunks that were bad, but for those that were fetched. */
  private List<VerifyReport.Bad> badStill(VerifyReport before) throws IOException {
    if (done.isEmpty()) {
      return before.bad();
    }
    var still = new ArrayList<VerifyReport.Bad>();
    for (var chunk : before.bad()) {
      if (!verification.isGood(ChunkId.ofHex(chunk.chunk()), cancellation)) {
        still.add(chunk);
      }
    }
    return still;
  }
}
