package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where in a qcow2 overlay each part of the disk lies. Source: docs/interop/qcow2.txt of QEMU 7.2,
 * "Cluster mapping"; for version 3 with clusters of 64 KiB, neither compressed nor with
 * subclusters.
 *
 * <p>For one thread; it keeps one L2 table, which describes 512 MiB of the disk, in memory.
 */
public final class OverlayMap {
  static final int CLUSTER_BITS = 16;
  private static final int CLUSTER = 1 << CLUSTER_BITS;
  private static final int L2_ENTRIES = CLUSTER / 8;
  private static final long L2_SPAN = (long) L2_ENTRIES * CLUSTER;

  /** A cluster that reads as zeros, whether it has a place in the file or not. */
  private static final long ZERO = 1;

  private final ImageFile file;
  private final long size;
  private final long l1Offset;
  private final ByteBuffer l2 = ByteBuffer.allocate(CLUSTER).order(ByteOrder.BIG_ENDIAN);

  /** The L1 entry whose table is in memory; -1 at first. */
  private long loaded = -1;

  /** Whether that entry has a table at all. */
  private boolean isMapped;

  /** The file is not closed here. */
  OverlayMap(ImageFile file, long size, long l1Offset) {
    this.file = file;
    this.size = size;
    this.l1Offset = l1Offset;
  }

  /** Where the bytes of a run are. */
  public enum Place {
    /** In the overlay. */
    OVERLAY,
    /** In the base image, at the same offset; behind its end they are zeros. */
    BASE,
    /** Nowhere: they are zeros. */
    ZERO
  }

  /**
   * A part of the disk.
   *
   * @param length bytes from the offset that was asked for, at least 1
   * @param fileOffset where it starts in the overlay; of no meaning elsewhere
   */
  public record Run(Place place, long length, long fileOffset) {}

  /**
   * The part of the disk that begins at an offset, as long as it goes on in one place and in one L2
   * table.
   */
  public Run at(long offset) throws IOException {
    long end = Math.min(size, (offset / L2_SPAN + 1) * L2_SPAN);
    load(offset / L2_SPAN);
    if (!isMapped) {
      return new Run(Place.BASE, end - offset, 0);
    }
    long first = entry(offset);
    Place place = place(first);
    long inCluster = offset % CLUSTER;
    long next = offset - inCluster + CLUSTER;
    for (long expected = first; next < end; next += CLUSTER) {
      expected += place == Place.OVERLAY ? CLUSTER : 0;
      long entry = entry(next);
      if (place(entry) != place || (place == Place.OVERLAY && host(entry) != host(expected))) {
        break;
      }
    }
    return new Run(place, Math.min(next, end) - offset, host(first) + inCluster);
  }

  private void load(long l1Index) throws IOException {
    if (l1Index == loaded) {
      return;
    }
    loaded = -1;
    long table =
        file.read(l1Offset + l1Index * 8, 8, ByteOrder.BIG_ENDIAN, "L1 table").getLong()
            & Qcow2Tables.OFFSET_MASK;
    isMapped = table != 0;
    if (isMapped) {
      file.readInto(l2.clear(), table, "L2 table");
    }
    loaded = l1Index;
  }

  private long entry(long offset) {
    return l2.getLong((int) (offset / CLUSTER % L2_ENTRIES) * 8);
  }

  private static long host(long entry) {
    return entry & Qcow2Tables.OFFSET_MASK;
  }

  private static Place place(long entry) {
    if ((entry & ZERO) != 0) {
      return Place.ZERO;
    }
    return host(entry) == 0 ? Place.BASE : Place.OVERLAY;
  }
}
