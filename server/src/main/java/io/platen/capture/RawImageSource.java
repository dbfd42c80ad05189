package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import io.platen.disk.RawDisk;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A raw disk, as an image to capture: its holes are the file system's. */
final class RawImageSource implements ImageSource {
  private final Path path;
  private final RawDisk disk;

  /** The disk stays open and is not closed here. */
  RawImageSource(Path path, RawDisk disk) {
    this.path = path;
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
      private long at;

      @Override
      public @Nullable Extent next() throws IOException {
        if (at == disk.size()) {
          return null;
        }
        long start = at;
        long data = disk.nextData(start);
        if (data > start) {
          at = data;
          return new Extent(start, data - start, Extent.Kind.ZERO);
        }
        long hole = disk.nextHole(start);
        if (hole == start) {
          // It was data a moment ago.
          throw new IOException(path + " is being changed: holes are made in it");
        }
        at = hole;
        return new Extent(start, hole - start, Extent.Kind.DATA);
      }

      @Override
      public void close() {
        // Its calls end by themselves: they only look into the file system's tables.
      }
    };
  }

  @Override
  public Reader openReader() throws IOException {
    FileChannel channel = disk.openChannel();
    return new Reader() {
      @Override
      public void read(long offset, ByteBuffer target) throws IOException {
        fill(target, path, channel, offset);
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }

  /** Fills a buffer with the bytes of a file from an offset on; {@code path} is for people. */
  static void fill(ByteBuffer target, Path path, FileChannel channel, long offset)
      throws IOException {
    long position = offset;
    while (target.hasRemaining()) {
      int count = channel.read(target, position);
      if (count < 0) {
        throw new EOFException(
            path + " has shrunk while it was read: it ends at " + position + " now");
      }
      position += count;
    }
  }
}
