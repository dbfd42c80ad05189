package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A disk of which it is known that it holds what it held when it was captured before: all of it is
 * taken over from that index. What the store has lost since is read.
 */
final class UnchangedSource implements ImageSource {
  private final ImageSource disk;

  UnchangedSource(ImageSource disk) {
    this.disk = disk;
  }

  @Override
  public long size() {
    return disk.size();
  }

  @Override
  public void checkUnchanged() throws IOException {
    disk.checkUnchanged();
  }

  @Override
  public Extents openExtents() {
    return new Extents() {
      private boolean told;

      @Override
      public @Nullable Extent next() {
        if (told || size() == 0) {
          return null;
        }
        told = true;
        return new Extent(0, size(), Extent.Kind.PARENT);
      }

      @Override
      public void close() {
        // It holds nothing open.
      }
    };
  }

  @Override
  public Reader openReader() throws IOException {
    return disk.openReader();
  }
}
