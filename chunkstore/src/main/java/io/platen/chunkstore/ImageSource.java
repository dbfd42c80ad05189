package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An image to be captured. Its bytes must not change while it is. */
public interface ImageSource {
  /** Size in bytes. */
  long size();

  /** Opens the description of what is where. */
  Extents openExtents() throws IOException;

  /** Opens a way to the bytes. Called several times at once; each reader serves one thread. */
  Reader openReader() throws IOException;

  /**
   * Called when everything is read, before the index is published.
   *
   * @throws IOException where the image is known to have changed since it was opened: what was read
   *     is of no use
   */
  default void checkUnchanged() throws IOException {}

  /**
   * The extents of an image in ascending order, covering it from 0 to its size without gap or
   * overlap. They need not be aligned to anything. Used by one thread at a time; {@link #close} may
   * come from another while {@link #next} hangs and must make it end.
   */
  interface Extents extends Closeable {
    /** The next extent, or null after the last. */
    @Nullable Extent next() throws IOException;
  }

  /**
   * Reads the bytes of an image. Used by one thread at a time; {@link #close} may come from another
   * while {@link #read} hangs, must make it end, and may come more than once.
   */
  interface Reader extends Closeable {
    /**
     * Fills {@code target} up to its limit with the bytes from {@code offset} on. The range lies
     * inside the image.
     *
     * @param target a direct buffer of at most 1 MiB that belongs to the caller: not to be kept
     *     after the return
     */
    void read(long offset, ByteBuffer target) throws IOException;
  }
}
