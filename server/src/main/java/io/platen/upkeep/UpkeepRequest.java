package io.platen.upkeep;

import org.jspecify.annotations.Nullable;

/**
 * Something that was asked of the process that has the store.
 *
 * @param dryRun for a collection: whether only to count
 * @param templateId for a repair: whose chunks to read; null for everybody's
 * @param done of {@code total}, how far it is; both 0 where that is not known
 * @param report what came of it, as JSON; null until it has ended well
 * @param error why it failed; null where it did not
 */
public record UpkeepRequest(
    String id,
    Kind kind,
    boolean dryRun,
    @Nullable String templateId,
    long done,
    long total,
    @Nullable String report,
    @Nullable String error) {
  /** What can be asked for. */
  public enum Kind {
    COLLECT,
    REPAIR
  }

  public boolean isFinished() {
    return report != null || error != null;
  }
}
