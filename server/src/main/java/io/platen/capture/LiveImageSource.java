package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import io.platen.disk.DirtyBitmap;
import io.platen.hypervisor.LiveDisk;
import io.platen.hypervisor.WrittenSince;
import io.platen.nbd.NbdConnection;
import io.platen.nbd.NbdContext;
import io.platen.nbd.NbdCursor;
import io.platen.nbd.NbdExtent;
import io.platen.nbd.NbdOptions;
import io.platen.nbd.NbdRange;
import io.platen.nbd.NbdStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a running machine, as an image to capture. One export holds what the disk was at the
 * moment of the copy; another says which parts are the machine's own overlay's.
 */
final class LiveImageSource implements ImageSource {
  /** The depth from which on a range belongs to the base image: 1 is the machine's own overlay. */
  private static final int BASE_DEPTH = 2;

  /** Of a bitmap's range: it was written to. */
  private static final int DIRTY = 1;

  private final LiveDisk disk;
  private final long size;
  private final long parentSize;
  private final @Nullable WrittenSince since;

  /**
   * The disk as it was when it was opened.
   *
   * @param parentSize the size in bytes of the image that the machine's disk stands on; 0 for none
   */
  static LiveImageSource over(LiveDisk disk, long parentSize) throws IOException {
    return new LiveImageSource(disk, disk.depthExport().isPresent() ? parentSize : 0, null);
  }

  /**
   * The same; what was not written to since an earlier capture is that capture's.
   *
   * @param earlierSize the size in bytes that the disk had then
   * @return empty where what was noted since may lack something
   */
  static Optional<LiveImageSource> since(LiveDisk disk, long earlierSize, WrittenSince since)
      throws IOException {
    var source = new LiveImageSource(disk, earlierSize, since);
    return source.isMarked() ? Optional.of(source) : Optional.empty();
  }

  private LiveImageSource(LiveDisk disk, long parentSize, @Nullable WrittenSince since)
      throws IOException {
    this.disk = disk;
    this.parentSize = parentSize;
    this.since = since;
    try (var connection = connect(disk.export())) {
      size = connection.size();
    }
    LiveImages.check(disk.images(), size);
  }

  @Override
  public long size() {
    return size;
  }

  /** The disk may change, and the copy does not; but a file may have been cut short meanwhile. */
  @Override
  public void checkUnchanged() throws IOException {
    LiveImages.check(disk.images(), size);
  }

  private NbdConnection connect(String export, NbdContext... contexts) throws IOException {
    return NbdConnection.connect(
        disk.socket(),
        NbdOptions.defaults()
            .withExportName(export)
            .withContexts(contexts)
            .withServer(disk.server()));
  }

  private NbdConnection connect(WrittenSince served) throws IOException {
    var connection = connect(served.export(), served.context());
    if (!connection.contexts().contains(served.context())) {
      connection.close();
      throw new IOException("QEMU does not tell what was written to " + disk.export());
    }
    return connection;
  }

  /** Whether the bitmap has the mark of {@link DirtyBitmap} still. */
  private boolean isMarked() throws IOException {
    if (since == null || parentSize > size) {
      return false;
    }
    try (var connection = connect(since)) {
      var last =
          connection
              .extents(since.context(), DirtyBitmap.markOffset(parentSize), DirtyBitmap.MARK_BYTES)
              .next();
      return last != null && (last.flags() & DIRTY) != 0;
    }
  }

  @Override
  public Extents openExtents() throws IOException {
    var content = connect(disk.export(), NbdContext.BASE_ALLOCATION);
    if (parentSize == 0) {
      return new Walk(content, null, null);
    }
    try {
      return since == null
          ? new Walk(
              content, connect(disk.depthExport().orElseThrow(), NbdContext.ALLOCATION_DEPTH), null)
          : new Walk(content, connect(since), since.context());
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  /** Walks along both exports at once: each step ends where either of them changes. */
  private final class Walk implements Extents {
    private final NbdConnection contentConnection;
    private final @Nullable NbdConnection otherConnection;
    private final NbdCursor<NbdExtent> contents;
    private final @Nullable NbdCursor<NbdExtent> depths;
    private final @Nullable NbdCursor<NbdStatus> dirts;
    private @Nullable NbdExtent content;
    private @Nullable NbdExtent depth;
    private @Nullable NbdStatus dirt;
    private long at;

    /**
     * @param other tells the depth, or what was written since
     * @param bitmap the context of the latter
     */
    Walk(NbdConnection content, @Nullable NbdConnection other, @Nullable NbdContext bitmap) {
      contentConnection = content;
      otherConnection = other;
      contents = content.extents();
      depths = other == null || bitmap != null ? null : other.extents();
      dirts = other == null || bitmap == null ? null : other.extents(bitmap);
    }

    @Override
    public @Nullable Extent next() throws IOException {
      if (at >= size) {
        return null;
      }
      content = at(content, contents);
      var plain = content.zero() ? Extent.Kind.ZERO : Extent.Kind.DATA;
      long end = Math.min(content.end(), size);
      var kind = plain;
      // Behind the base image's end there is nothing to take over.
      if (depths != null && at < parentSize) {
        depth = at(depth, depths);
        end = Math.min(Math.min(end, depth.end()), parentSize);
        // The parent's even where it reads as zeros, so that a chunk of both is taken over whole.
        kind = depth.depth() >= BASE_DEPTH ? Extent.Kind.PARENT : plain;
      }
      if (dirts != null && at < parentSize) {
        dirt = at(dirt, dirts);
        end = Math.min(Math.min(end, dirt.end()), parentSize);
        kind = (dirt.flags() & DIRTY) == 0 ? Extent.Kind.PARENT : plain;
      }
      var extent = new Extent(at, end - at, kind);
      at = end;
      return extent;
    }

    /** The extent that holds the present position. */
    private <T extends NbdRange<T>> T at(@Nullable T known, NbdCursor<T> cursor)
        throws IOException {
      var extent = known;
      while (extent == null || extent.end() <= at) {
        extent = cursor.next();
        if (extent == null) {
          throw new IOException("the disk has shrunk: its extents end at byte %d".formatted(at));
        }
      }
      return extent;
    }

    @Override
    public void close() throws IOException {
      try (contentConnection) {
        if (otherConnection != null) {
          otherConnection.close();
        }
      }
    }
  }

  @Override
  public Reader openReader() throws IOException {
    var connection = connect(disk.export());
    return new Reader() {
      @Override
      public void read(long offset, ByteBuffer target) throws IOException {
        connection.read(offset, target);
      }

      @Override
      public void close() throws IOException {
        connection.close();
      }
    };
  }
}
