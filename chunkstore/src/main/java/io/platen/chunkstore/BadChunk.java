package io.platen.chunkstore;

/**
 * A chunk that a needed index names and that can't be read as what it should be.
 *
 * @param what in words, naming the chunk
 */
public record BadChunk(ChunkId id, Kind kind, String what) {
  /** What is wrong with it. */
  public enum Kind {
    /** It is not there. */
    MISSING,
    /** What is there is not the chunk. */
    CORRUPT,
    /** Its medium does not give it back. */
    UNREADABLE,
    /** The store could not be asked for it; it may be as it should. */
    UNAVAILABLE
  }
}
