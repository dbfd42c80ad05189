package io.platen.upkeep;

import io.platen.notice.NoticeKind;
import io.platen.notice.Outbox;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells the operator of bad chunks, and of the templates that they damage. */
public final class DamageNotice {
  /** How many chunks and templates a notice names; it counts all of them. */
  private static final int NAMED = 20;

  private final Outbox outbox;

  public DamageNotice(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * Tells, unless all is whole.
   *
   * @param foundBy what looked: scrub, repair or verify
   */
  public void tell(String foundBy, VerifyReport report) {
    if (report.sound()) {
      return;
    }
    var data = new LinkedHashMap<String, Object>();
    data.put("foundBy", foundBy);
    data.put("badChunks", report.badChunks());
    data.put("chunks", report.bad().stream().limit(NAMED).map(VerifyReport.Bad::chunk).toList());
    data.put("damagedTemplates", report.damaged().size());
    data.put("templates", templates(report));
    outbox.add(
        NoticeKind.STORE_DAMAGED,
        "The store has %d bad chunks, which damage %d templates; the first: %s (%s): %s"
            .formatted(
                report.badChunks(),
                report.damaged().size(),
                report.damaged().getFirst().template(),
                report.damaged().getFirst().name(),
                report.damaged().getFirst().what()),
        data);
  }

  private static List<Map<String, String>> templates(VerifyReport report) {
    return report.damaged().stream()
        .limit(NAMED)
        .map(
            damaged ->
                Map.of("id", damaged.template(), "name", damaged.name(), "damage", damaged.what()))
        .toList();
  }
}
