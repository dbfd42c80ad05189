package io.platen.chunkstore.contract;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An image in memory, with the extents it is told to have. */
public class MemoryImage implements ImageSource {
  public final byte[] bytes;
  public final List<Extent> extents;

  /** How many bytes were read of it. */
  public final AtomicLong bytesRead = new AtomicLong();

  public MemoryImage(byte[] bytes, List<Extent> extents) {
    this.bytes = bytes;
    this.extents = extents;
  }

  /** An image about which nothing is known. */
  public static MemoryImage ofData(byte[] bytes) {
    return new MemoryImage(
        bytes,
        bytes.length == 0 ? List.of() : List.of(new Extent(0, bytes.length, Extent.Kind.DATA)));
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public Extents openExtents() {
    Iterator<Extent> all = extents.iterator();
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
  public Reader openReader() throws IOException {
    return new Reader() {
      @Override
      public void read(long offset, ByteBuffer target) throws IOException {
        bytesRead.addAndGet(target.remaining());
        target.put(bytes, (int) offset, target.remaining());
      }

      @Override
      public void close() {}
    };
  }
}
