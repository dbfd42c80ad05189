package io.platen.chunkstore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Turns the extents of an image into work on its chunks, lazily, and checks on the way that they
 * cover the image. The threads of a capture take their work here, so that nothing is queued.
 */
final class WorkPlan {
  /** Bounds the work on a run, so that it is shared and cancelled in good time: 10 MB of index. */
  private static final long MAX_ZERO_CHUNKS = 1 << 18;

  /** Each of these costs a look into the store. */
  private static final long MAX_INHERITED_CHUNKS = 256;

  /** Opens the extents when the first are needed, on a thread that may hang in that. */
  interface Opening {
    ImageSource.Extents open() throws IOException;
  }

  private final Opening opening;
  private ImageSource.@Nullable Extents extents;
  private final long size;
  private final long chunkCount;

  /** Chunks before this one have the same length in the parent. */
  private final long inheritable;

  private long chunk;

  /** The extent that covers the start of the next chunk, or the last one seen. */
  private Extent current = new Extent(0, 0, Extent.Kind.DATA);

  private boolean finished;

  /**
   * @param parentSize size of the parent image, 0 where there is none
   */
  WorkPlan(Opening opening, long size, long parentSize) {
    this.opening = opening;
    this.size = size;
    this.chunkCount = Format.chunkCount(size);
    // A short last chunk stands only for one of the same length.
    this.inheritable =
        parentSize == size ? chunkCount : Math.min(parentSize, size) / Format.CHUNK_BYTES;
  }

  /** The next step, or null when the image is covered. */
  synchronized @Nullable Work next() throws IOException {
    if (chunk == chunkCount) {
      checkEnd();
      return null;
    }
    long start = chunk * Format.CHUNK_BYTES;
    if (end(current) == start) {
      advance();
    }
    Work work = run();
    if (work == null) {
      work = mixed();
    }
    return work;
  }

  /** Work on the whole chunks that the current extent covers, if it says enough of them. */
  private @Nullable Work run() {
    boolean toEnd = end(current) == size;
    long whole = (toEnd ? chunkCount : end(current) / Format.CHUNK_BYTES) - chunk;
    return switch (current.kind()) {
      case ZERO -> {
        // The last chunk is apart when it is shorter.
        boolean shortLast = toEnd && size % Format.CHUNK_BYTES != 0;
        long equal = whole > 1 && shortLast ? whole - 1 : whole;
        long count = Math.min(equal, MAX_ZERO_CHUNKS);
        yield count <= 0 ? null : new Work.Zero(take(count), count);
      }
      case PARENT -> {
        long count = Math.min(Math.min(whole, inheritable - chunk), MAX_INHERITED_CHUNKS);
        yield count <= 0 ? null : new Work.Inherit(take(count), count);
      }
      case DATA -> null;
    };
  }

  private long take(long count) {
    long first = chunk;
    chunk += count;
    return first;
  }

  /** Work on one chunk, of which extents of several kinds may have a part. */
  private Work mixed() throws IOException {
    long first = take(1);
    long start = first * Format.CHUNK_BYTES;
    int length = Format.chunkLength(first, size);
    Pieces pieces = new Pieces();
    boolean zero = true;
    boolean parent = true;
    int at = 0;
    while (at < length) {
      if (end(current) == start + at) {
        advance();
      }
      int end = (int) Math.min(length, end(current) - start);
      if (current.kind() != Extent.Kind.ZERO) {
        zero = false;
        pieces.add(at, end);
      }
      parent &= current.kind() == Extent.Kind.PARENT;
      at = end;
    }
    if (zero) {
      return new Work.Zero(first, 1);
    }
    return parent && first < inheritable
        ? new Work.Inherit(first, 1)
        : new Work.Read(first, pieces);
  }

  private void advance() throws IOException {
    Extent next = nextExtent();
    long expected = end(current);
    if (next == null) {
      throw new SourceInvalid("its extents end at " + expected + " of " + size);
    }
    if (next.offset() != expected) {
      throw new SourceInvalid(next + " does not start at " + expected);
    }
    if (next.length() <= 0 || next.length() > size - expected) {
      throw new SourceInvalid(next + " does not fit the image of " + size + " bytes");
    }
    current = next;
  }

  private @Nullable Extent nextExtent() throws IOException {
    if (extents == null) {
      extents = opening.open();
    }
    return extents.next();
  }

  private void checkEnd() throws IOException {
    if (!finished) {
      Extent more = nextExtent();
      if (more != null) {
        throw new SourceInvalid(more + " lies after the end of the image at " + size);
      }
      finished = true;
    }
  }

  private static long end(Extent extent) {
    return extent.offset() + extent.length();
  }
}
