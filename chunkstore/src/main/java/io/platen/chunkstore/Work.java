package io.platen.chunkstore;

/** A step of capturing: what to do with one chunk, or with several in a row. */
sealed interface Work {
  /** {@code count} chunks from {@code first} on are zero; all of them have the same length. */
  record Zero(long first, long count) implements Work {}

  /** {@code count} chunks from {@code first} on are those of the parent. */
  record Inherit(long first, long count) implements Work {}

  /** One chunk is to be read: the pieces given, the rest of it is zero. */
  record Read(long chunk, Pieces pieces) implements Work {}
}
