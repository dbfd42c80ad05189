package io.platen.chunkstore;

import java.util.List;

/**
 * What a verification found.
 *
 * @param indexes indexes that were read
 * @param chunks different chunks that they name and that were read
 * @param bytes bytes that those take in the store
 * @param badChunks how many of them are bad
 * @param bad the bad ones, at most {@link Verifier#MAX_LISTED} of them
 * @param damaged the indexes that are damaged
 */
public record Verified(
    int indexes,
    long chunks,
    long bytes,
    long badChunks,
    List<BadChunk> bad,
    List<DamagedIndex> damaged) {
  public Verified {
    bad = List.copyOf(bad);
    damaged = List.copyOf(damaged);
  }

  /** Whether everything is as it should be. */
  public boolean isSound() {
    return badChunks == 0 && damaged.isEmpty();
  }
}
