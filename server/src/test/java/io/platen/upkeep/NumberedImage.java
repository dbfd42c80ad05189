package io.platen.upkeep;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An image whose chunks hold a number each, all over. */
record NumberedImage(List<Integer> chunks) implements ImageSource {
  private static final int CHUNK = 1 << 20;

  @Override
  public long size() {
    return (long) chunks.size() * CHUNK;
  }

  @Override
  public Extents openExtents() {
    Iterator<Extent> all = List.of(new Extent(0, size(), Extent.Kind.DATA)).iterator();
    return new Extents() {
      @Override
      public @Nullable Extent next() {
        return all.hasNext() ? all.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Reader openReader() {
    return new Reader() {
      @Override
      public void read(long offset, ByteBuffer target) {
        while (target.hasRemaining()) {
          target.put(chunks.get((int) (offset / CHUNK)).byteValue());
        }
      }

      @Override
      public void close() {}
    };
  }
}
