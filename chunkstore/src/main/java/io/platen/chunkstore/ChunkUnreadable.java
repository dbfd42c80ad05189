package io.platen.chunkstore;

import java.io.IOException;

/**
 * The medium does not give a stored chunk's bytes back, however often it is asked: a bad sector,
 * for example. Other chunks of the store may be as they should.
 */
public final class ChunkUnreadable extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient ChunkId id;

  /** {@code what} says where the chunk is and what the system answered. */
  public ChunkUnreadable(ChunkId id, String what, IOException cause) {
    super(what, cause);
    this.id = id;
  }

  /** The chunk that can't be read. */
  public ChunkId id() {
    return id;
  }
}
