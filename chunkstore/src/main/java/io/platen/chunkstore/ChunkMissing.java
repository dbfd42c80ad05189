package io.platen.chunkstore;

import java.io.IOException;

/** A chunk that an index names is not in the store. */
public final class ChunkMissing extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient ChunkId id;

  /** {@code where} names the place that was searched. */
  public ChunkMissing(ChunkId id, String where) {
    super("chunk " + id + " is missing: no " + where);
    this.id = id;
  }

  /** The chunk that is missing. */
  public ChunkId id() {
    return id;
  }
}
