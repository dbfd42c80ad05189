package io.platen.chunkstore;

import java.io.IOException;

/** Walks through all ids of an index that is needed, and stops at the first thing amiss. */
public final class RootWalk {
  /** How many ids are read between two looks at the cancellation. */
  private static final int BLOCK_IDS = 1 << 16;

  private final IndexRoots roots;
  private final Cancellation cancellation;

  /** A walk through indexes of these roots. */
  public RootWalk(IndexRoots roots, Cancellation cancellation) {
    this.roots = roots;
    this.cancellation = cancellation;
  }

  /** Hears of the chunks of an index, in their order. */
  @FunctionalInterface
  public interface Visitor {
    void visit(ChunkId id, int length) throws IOException;
  }

  /**
   * Visits every chunk of an index.
   *
   * @param checkDigest whether to check its SHA-256 first, where it is known
   * @param visitor what it throws ends the walk
   * @return false when the index is gone because nothing needs it any more
   * @throws IndexCorrupt when it is not sound, or gone although it is needed
   */
  public boolean walk(IndexRoot root, boolean checkDigest, Visitor visitor) throws IOException {
    try (Index index = roots.open(root.name())) {
      if (checkDigest) {
        checkDigest(index, root);
      }
      Index.Ids ids = index.ids();
      while (ids.hasNext()) {
        long chunk = ids.position();
        if (chunk % BLOCK_IDS == 0) {
          cancellation.check("reading the index " + index.place());
        }
        visitor.visit(ids.next(), index.chunkLength(chunk));
      }
      return true;
    } catch (IndexMissing e) {
      if (roots.isNeeded(root.name())) {
        IndexCorrupt missing = new IndexCorrupt(e.place(), "it is missing");
        missing.initCause(e);
        throw missing;
      }
      return false;
    }
  }

  private void checkDigest(Index index, IndexRoot root) throws IOException {
    String wanted = root.digest();
    if (wanted != null) {
      index.requireDigest(wanted, cancellation);
    }
  }
}
