package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A raw image file, all of it to be read. */
final class RawFile implements ImageSource {
  private final Path file;
  private final long size;

  RawFile(Path file) throws IOException {
    this.file = file;
    this.size = Files.size(file);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Extents openExtents() {
    return new Extents() {
      private boolean told = size == 0;

      @Override
      public @Nullable Extent next() {
        if (told) {
          return null;
        }
        told = true;
        return new Extent(0, size, Extent.Kind.DATA);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Reader openReader() throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    return new Reader() {
      @Override
      public void read(long offset, ByteBuffer target) throws IOException {
        long position = offset;
        while (target.hasRemaining()) {
          int count = channel.read(target, position);
          if (count < 0) {
            throw new IOException(file + " ends at " + position);
          }
          position += count;
        }
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }
}
