package io.platen.chunkstore;

/**
 * A part of an image, in bytes.
 *
 * @param offset where it starts in the image
 * @param length its length, at least 1
 */
public record Extent(long offset, long length, Kind kind) {
  /** What is known of an extent's bytes without reading them. */
  public enum Kind {
    /** Nothing: they must be read. */
    DATA,
    /** They read as zeros. */
    ZERO,
    /** They are those of the parent image at the same offset, and can be read from the source. */
    PARENT
  }
}
