package io.platen.upkeep;

import io.platen.chunkstore.Collected;
import io.platen.launch.BaseImages;
import java.util.List;

/**
 * What a collection freed, or would free where it was a dry run.
 *
 * @param indexes how many indexes of deleted templates
 * @param templates whose they were; at most {@link #LISTED} of them
 * @param chunks how many chunks
 * @param bytes what those took in the store
 * @param keptIndexes how many indexes are needed
 * @param keptChunks how many chunks they name that are stored
 * @param missingChunks and how many that are not
 * @param pinnedChunks chunks that stay because a capture under way may need them
 * @param images base images removed from the cache
 * @param imageBytes what they took
 * @param cacheBytes what the other base images take; 0 in a dry run
 */
public record CollectReport(
    boolean dryRun,
    int indexes,
    List<String> templates,
    long chunks,
    long bytes,
    int keptIndexes,
    long keptChunks,
    long missingChunks,
    long pinnedChunks,
    int images,
    long imageBytes,
    long cacheBytes) {
  static final int LISTED = 1000;

  public CollectReport {
    templates = List.copyOf(templates);
  }

  static CollectReport of(
      boolean dryRun, List<String> removed, Collected collected, BaseImages.Evicted evicted) {
    return new CollectReport(
        dryRun,
        removed.size(),
        removed.subList(0, Math.min(removed.size(), LISTED)),
        collected.removedChunks(),
        collected.removedBytes(),
        collected.indexes(),
        collected.keptChunks(),
        collected.missingChunks(),
        collected.pinnedChunks(),
        evicted.images(),
        evicted.bytes(),
        evicted.leftBytes());
  }
}
