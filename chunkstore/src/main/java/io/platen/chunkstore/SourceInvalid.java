package io.platen.chunkstore;

import java.io.IOException;

/** An image source contradicts itself: extents with gaps or overlaps, or a short read. */
public final class SourceInvalid extends IOException {
  private static final long serialVersionUID = 1L;

  SourceInvalid(String what) {
    super("the image source is inconsistent: " + what);
  }
}
