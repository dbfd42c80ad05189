package io.platen.chunkstore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An image of any size that is one hole. */
record SparseImage(long size) implements ImageSource {
  @Override
  public Extents openExtents() {
    return new Extents() {
      private boolean told;

      @Override
      public @Nullable Extent next() {
        if (told) {
          return null;
        }
        told = true;
        return new Extent(0, size, Extent.Kind.ZERO);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Reader openReader() throws IOException {
    throw new IOException("holes are not read");
  }
}
