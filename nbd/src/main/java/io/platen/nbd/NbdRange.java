package io.platen.nbd;

/** A range of an export and something that holds throughout it. */
public sealed interface NbdRange<T extends NbdRange<T>> permits NbdExtent, NbdStatus {
  /** Start in bytes. */
  long offset();

  /** Length in bytes, at least 1. */
  long length();

  /** Offset of the first byte behind. */
  default long end() {
    return offset() + length();
  }

  /** Whether {@code next} follows directly and says the same. */
  boolean continuedBy(T next);

  /** This range grown to the end of {@code next}, which continues it. */
  T joinedWith(T next);
}
