package io.platen.capture;

import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageSource;
import io.platen.disk.OverlayDisk;
import io.platen.disk.OverlayMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/** The disk of a machine that was launched here, as an image to capture. */
final class OverlayImageSource implements ImageSource {
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

  private final OverlayDisk disk;
  private final long parentSize;

  /**
   * The disk stays open and is not closed here.
   *
   * @param parentSize the size in bytes of the image that the base image was built from; 0 where
   *     its index is not there
   */
  OverlayImageSource(OverlayDisk disk, long parentSize) {
    this.disk = disk;
    this.parentSize = parentSize;
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
    var map = disk.openMap();
    return new Extents() {
      private long at;

      @Override
      public @Nullable Extent next() throws IOException {
        if (at == disk.size()) {
          return null;
        }
        var extent = extent(at, map.at(at));
        at += extent.length();
        return extent;
      }

      @Override
      public void close() throws IOException {
        map.close();
      }
    };
  }

  private Extent extent(long offset, OverlayMap.Run run) {
    return switch (run.place()) {
      case OVERLAY -> new Extent(offset, run.length(), Extent.Kind.DATA);
      case ZERO -> new Extent(offset, run.length(), Extent.Kind.ZERO);
      case BASE -> {
        long inParent = Math.min(run.length(), parentSize - offset);
        long inBase = Math.min(run.length(), disk.baseSize() - offset);
        if (inParent > 0) {
          // The parent's even where it reads as zeros, so that a chunk of both is taken over whole.
          yield new Extent(offset, inParent, Extent.Kind.PARENT);
        }
        yield inBase > 0
            ? new Extent(offset, inBase, Extent.Kind.DATA)
            : new Extent(offset, run.length(), Extent.Kind.ZERO);
      }
    };
  }

  @Override
  public Reader openReader() throws IOException {
    return new StraightReader();
  }

  private final class StraightReader implements Reader {
    private final OverlayDisk.Map map = disk.openMap();
    private final FileChannel overlay;
    private final FileChannel base;

    StraightReader() throws IOException {
      try {
        overlay = disk.openOverlay();
        base = openBase();
      } catch (IOException e) {
        map.close();
        throw e;
      }
    }

    private FileChannel openBase() throws IOException {
      try {
        return disk.openBase();
      } catch (IOException e) {
        overlay.close();
        throw e;
      }
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
      int end = target.limit();
      int start = target.position();
      while (target.position() < end) {
        long at = offset + target.position() - start;
        var run = map.at(at);
        target.limit((int) Math.min(end, target.position() + run.length()));
        switch (run.place()) {
          // All that the overlay holds of the disk was found in its file before.
          case OVERLAY ->
              RawImageSource.fill(target, disk.files().path(), overlay, run.fileOffset());
          case BASE -> readBase(target, at);
          case ZERO -> fill(target);
        }
        target.limit(end);
      }
    }

    /** Behind the end of the base image the disk is zeros. */
    private void readBase(ByteBuffer target, long offset) throws IOException {
      int limit = target.limit();
      long inBase = Math.clamp(disk.baseSize() - offset, 0, target.remaining());
      target.limit(target.position() + (int) inBase);
      RawImageSource.fill(target, disk.files().base(), base, offset);
      target.limit(limit);
      fill(target);
    }

    private static void fill(ByteBuffer target) {
      while (target.hasRemaining()) {
        target.put(ZEROS.duplicate().limit(Math.min(ZEROS.capacity(), target.remaining())));
      }
    }

    @Override
    public void close() throws IOException {
      try (map;
          overlay;
          base) {
        // All three, whichever fails.
      }
    }
  }
}
