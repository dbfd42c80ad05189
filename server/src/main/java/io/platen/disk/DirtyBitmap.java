package io.platen.disk;

import java.util.UUID;

/**
 * The dirty bitmaps by which QEMU notes what is written to a disk from a snapshot on. Their names
 * tell them from other people's, and from those of other machines and installations.
 *
 * <p>QEMU cuts the bits of a bitmap off with the end of its disk, and adds clear ones when the disk
 * grows again, although what was there is zeros then. So the last piece of the disk is marked in
 * each bitmap from the beginning: one in which that mark is missing has lost bits, and counts for
 * nothing.
 */
public final class DirtyBitmap {
  /** What one bit stands for, in bytes: a chunk, since captures read no less. */
  public static final long GRANULARITY = DirtyRanges.PIECE;

  /** How much is written to set a mark: a sector. */
  public static final int MARK_BYTES = 512;

  private DirtyBitmap() {}

  /** A name that no other bitmap has. */
  public static String newName(String machineId) {
    return prefix(machineId) + UUID.randomUUID();
  }

  /** What the names of all bitmaps of a machine begin with. */
  public static String prefix(String machineId) {
    return "platen-" + machineId + "-";
  }

  /**
   * Where a write of {@link #MARK_BYTES} marks the last piece of a disk: at its last sector.
   *
   * @param bytes the size of the disk, which QEMU rounds up to whole sectors
   */
  public static long markOffset(long bytes) {
    return (bytes - 1) / MARK_BYTES * MARK_BYTES;
  }
}
