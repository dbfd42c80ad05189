package io.platen.chunkstore;

/**
 * A chunk that a needed index names and that can't be read as what it should be.
 *
 * @param what in words, naming the chunk
 */
public record BadChunk(ChunkId id, Kind kind, String what) {
  /** What is wrong with it. */
  public enum Kind {
    /** Its file is not there. */
    MISSING,
    /** Its file does not hold the chunk. */
    CORRUPT,
    /** The system can't read its file. */
    UNREADABLE
  }
}
