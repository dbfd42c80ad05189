package io.platen.chunkstore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The stored bytes of a chunk are not the chunk. */
public final class ChunkCorrupt extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient ChunkId id;
  private final transient @Nullable ChunkId found;

  private ChunkCorrupt(ChunkId id, @Nullable ChunkId found, String what) {
    super("chunk " + id + " is corrupt: " + what);
    this.id = id;
    this.found = found;
  }

  /** The frame can't be decoded to a chunk of the length wanted. */
  public static ChunkCorrupt undecodable(ChunkId id, String what) {
    return new ChunkCorrupt(id, null, what);
  }

  static ChunkCorrupt otherContent(ChunkId id, ChunkId found) {
    return new ChunkCorrupt(id, found, "its content hashes to " + found);
  }

  /** The chunk that was wanted. */
  public ChunkId id() {
    return id;
  }

  /** What the stored bytes hash to; null when they could not be decoded at all. */
  public @Nullable ChunkId found() {
    return found;
  }
}
