package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import io.platen.disk.DirtyRanges;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A disk of which it is known what was written to it since it was captured before: the rest is
 * taken over from the index of that capture. What the store has lost since is read.
 */
final class SinceSource implements ImageSource {
  private final ImageSource disk;
  private final DirtyRanges dirty;
  private final long earlierSize;

  /**
   * @param disk says of all that it holds what it is, and nothing is its parent's
   * @param earlierSize the size of the disk when it was captured before, in bytes: behind it
   *     everything counts as written to
   */
  SinceSource(ImageSource disk, DirtyRanges dirty, long earlierSize) {
    this.disk = disk;
    this.dirty = dirty;
    this.earlierSize = earlierSize;
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
  public Extents openExtents() throws IOException {
    // Where all is taken over, there is nothing to ask the disk.
    return dirty.count() == 0 && size() <= earlierSize
        ? new Walk(null)
        : new Walk(disk.openExtents());
  }

  private final class Walk implements Extents {
    private final @Nullable Extents inner;
    private @Nullable Extent current;
    private long at;

    Walk(@Nullable Extents inner) {
      this.inner = inner;
    }

    @Override
    public @Nullable Extent next() throws IOException {
      if (at == size()) {
        return null;
      }
      long start = at;
      if (start < earlierSize && !dirty.isDirty(start)) {
        at = Math.min(size(), Math.min(earlierSize, dirty.endOfRun(start)));
        return new Extent(start, at - start, Extent.Kind.PARENT);
      }
      var own = own(start);
      long end = own.offset() + own.length();
      at = start < earlierSize ? Math.min(end, Math.min(earlierSize, dirty.endOfRun(start))) : end;
      return new Extent(start, at - start, own.kind());
    }

    /** The disk's own extent that holds a byte. */
    private Extent own(long offset) throws IOException {
      var extent = current;
      while (extent == null || extent.offset() + extent.length() <= offset) {
        extent = inner == null ? null : inner.next();
        if (extent == null) {
          throw new IOException("the disk has shrunk: its extents end before byte " + offset);
        }
      }
      current = extent;
      return extent;
    }

    @Override
    public void close() throws IOException {
      if (inner != null) {
        inner.close();
      }
    }
  }

  @Override
  public Reader openReader() throws IOException {
    return disk.openReader();
  }
}
