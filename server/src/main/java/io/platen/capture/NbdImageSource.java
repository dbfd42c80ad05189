package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import io.platen.disk.OpenDisk;
import io.platen.nbd.NbdConnection;
import io.platen.nbd.NbdCursor;
import io.platen.nbd.NbdExtent;
import io.platen.nbd.NbdOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The disk behind a socket of qemu-nbd, as an image to capture. Every reader has a connection of
 * its own.
 *
 * <p>qemu-nbd counts in sectors of 512 bytes: a raw disk whose size is none of their multiples is
 * exported longer, with zeros behind its end. The image has the disk's own size.
 */
final class NbdImageSource implements ImageSource {
  /** The depth from which on a range belongs to the base image: 1 is the machine's own overlay. */
  private static final int BASE_DEPTH = 2;

  private final Path socket;
  private final long size;
  private final long parentSize;
  private final OpenDisk disk;

  /**
   * The disk behind a socket, which stays open.
   *
   * @param parentSize the size in bytes of the image that the machine's disk stands on; 0 for none
   */
  NbdImageSource(Path socket, OpenDisk disk, long parentSize) {
    this.socket = socket;
    this.disk = disk;
    this.size = disk.size();
    this.parentSize = parentSize;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void checkUnchanged() throws IOException {
    disk.checkUnchanged();
  }

  @Override
  public Extents openExtents() throws IOException {
    var connection = connect(NbdOptions.defaults());
    return new Walk(connection);
  }

  private final class Walk implements Extents {
    private final NbdConnection connection;
    private final NbdCursor<NbdExtent> cursor;
    private long end;

    /** The part of an extent behind the parent's end, to be returned next. */
    private @Nullable Extent rest;

    Walk(NbdConnection connection) {
      this.connection = connection;
      this.cursor = connection.extents();
    }

    @Override
    public @Nullable Extent next() throws IOException {
      var extent = rest;
      rest = null;
      if (extent == null && end < size) {
        extent = told(cursor.next());
      }
      end = extent == null ? end : extent.offset() + extent.length();
      return extent;
    }

    private @Nullable Extent told(@Nullable NbdExtent extent) {
      if (extent == null) {
        return null;
      }
      long start = extent.offset();
      long length = Math.min(extent.length(), size - start);
      var plain = extent.zero() ? Extent.Kind.ZERO : Extent.Kind.DATA;
      if (extent.depth() < BASE_DEPTH) {
        return new Extent(start, length, plain);
      }
      // What lies behind the base image's end has its depth too.
      long inParent = Math.clamp(parentSize - start, 0, length);
      if (inParent == 0) {
        return new Extent(start, length, plain);
      }
      if (inParent < length) {
        rest = new Extent(start + inParent, length - inParent, plain);
      }
      // The parent's even where it reads as zeros, so that a chunk of both is taken over whole.
      return new Extent(start, inParent, Extent.Kind.PARENT);
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  @Override
  public Reader openReader() throws IOException {
    var connection = connect(NbdOptions.defaults().withContexts());
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

  private NbdConnection connect(NbdOptions options) throws IOException {
    var connection = NbdConnection.connect(socket, options);
    if (connection.size() < size) {
      connection.close();
      throw new IOException(
          "the disk has shrunk: its header says %d bytes, and %d can be read; check it with qemu-img check"
              .formatted(size, connection.size()));
    }
    return connection;
  }
}
