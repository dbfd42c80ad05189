package io.platen.upkeep;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found.
 *
 * @param indexes how many indexes were read
 * @param chunks how many different chunks they name; each was read
 * @param bytes what those take in the store
 * @param badChunks how many of them are bad
 * @param bad the bad ones, at most {@link io.platen.chunkstore.Verifier#MAX_LISTED} of them
 * @param damaged the templates that they damage
 * @param setAside how many chunks a repair has set aside
 * @param kept how many bad chunks a repair has left where they are, because a capture under way may
 *     need them, or reading them failed for a reason that is not theirs
 * @param healed damaged templates that were found whole again
 */
public record VerifyReport(
    int indexes,
    long chunks,
    long bytes,
    long badChunks,
    List<Bad> bad,
    List<DamagedTemplate> damaged,
    long setAside,
    long kept,
    List<String> healed) {
  public VerifyReport {
    bad = List.copyOf(bad);
    damaged = List.copyOf(damaged);
    healed = List.copyOf(healed);
  }

  /**
   * A bad chunk.
   *
   * @param chunk its id, in hexadecimal
   * @param what in words, naming the chunk
   */
  public record Bad(String chunk, String what) {}

  /**
   * A template that is not whole.
   *
   * @param team the name of its team; null for an OS template
   * @param deleted whether it is deleted, and needed only by machines made from it
   * @param badChunks how many of its chunks are bad; 0 where its index can't be read
   * @param chunk one of them, in hexadecimal; null where its index can't be read
   * @param what in words
   */
  public record DamagedTemplate(
      String template,
      String name,
      @Nullable String team,
      boolean deleted,
      long badChunks,
      @Nullable String chunk,
      String what) {}

  /** Whether all is as it should be. */
  public boolean sound() {
    return damaged.isEmpty();
  }
}
