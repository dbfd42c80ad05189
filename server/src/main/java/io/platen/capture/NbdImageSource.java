package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
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

  /**
   * The disk behind a socket.
   *
   * @param size the disk's size in bytes, at most that of the export
   */
  NbdImageSource(Path socket, long size) {
    this.socket = socket;
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Extents openExtents() throws IOException {
    var connection = connect(NbdOptions.defaults());
    var cursor = connection.extents();
    return new Extents() {
      private long end;

      @Override
      public @Nullable Extent next() throws IOException {
        var extent = end == size ? null : nextOf(cursor);
        end = extent == null ? end : extent.offset() + extent.length();
        return extent;
      }

      @Override
      public void close() throws IOException {
        connection.close();
      }
    };
  }

  private @Nullable Extent nextOf(NbdCursor<NbdExtent> cursor) throws IOException {
    var extent = cursor.next();
    return extent == null
        ? null
        : new Extent(
            extent.offset(), Math.min(extent.length(), size - extent.offset()), kind(extent));
  }

  /**
   * What lies below the overlay is the parent's even where it reads as zeros, so that a chunk of
   * both is taken over whole.
   */
  private static Extent.Kind kind(NbdExtent extent) {
    if (extent.depth() >= BASE_DEPTH) {
      return Extent.Kind.PARENT;
    }
    return extent.zero() ? Extent.Kind.ZERO : Extent.Kind.DATA;
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
