package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The tables that lead from an address on the disk to one in the qcow2 file. Source:
 * docs/interop/qcow2.txt, "Cluster mapping".
 *
 * <p>Each table, and each byte of the disk that one of them places in the file, has to lie within
 * the file. What a cluster has behind the end of the disk need not, nor what reads as zeros
 * wherever its place is.
 */
final class Qcow2Tables {
  static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L; // bits 9-55
  private static final long COMPRESSED = 1L << 62;
  private static final long ZERO = 1;
  private static final int SUBCLUSTERS = 32;
  private static final int SECTOR = 512;
  private static final int L1_STEP = 8192; // entries read at once

  private final ImageFile file;
  private final long size;
  private final long clusterSize;
  private final boolean extended;

  /** How much of the disk an L2 table describes. */
  private final long perTable;

  /** A compressed cluster's offset has this many bits, and the count of its sectors the rest. */
  private final int offsetBits;

  private final ByteBuffer l2;
  private final CompressedEnd end;
  private long l2Bytes;
  private boolean compressed;

  Qcow2Tables(ImageFile file, long size, int clusterBits, boolean extended, boolean zstd) {
    this.file = file;
    this.size = size;
    this.clusterSize = 1L << clusterBits;
    this.extended = extended;
    this.offsetBits = 62 - (clusterBits - 8);
    this.perTable = bytesPerL1Entry(clusterBits, extended);
    this.l2 = ByteBuffer.allocate(1 << clusterBits).order(ByteOrder.BIG_ENDIAN);
    this.end = new CompressedEnd(file, 1 << clusterBits, zstd);
  }

  /** How much of the disk one entry of the L1 table describes: a table entry has 8 or 16 bytes. */
  static long bytesPerL1Entry(int clusterBits, boolean extended) {
    return ((1L << clusterBits) / (extended ? 16 : 8)) << clusterBits;
  }

  /**
   * Refuses an image with a table or data beyond the end of the file.
   *
   * @return whether there are compressed clusters
   */
  boolean check(long l1Offset) throws IOException {
    long entries = (size + perTable - 1) / perTable;
    for (long first = 0; first < entries; first += L1_STEP) {
      int count = (int) Math.min(L1_STEP, entries - first);
      ByteBuffer l1 = file.read(l1Offset + first * 8, count * 8, ByteOrder.BIG_ENDIAN, "L1 table");
      for (int i = 0; i < count; i++) {
        long table = l1.getLong(i * 8) & OFFSET_MASK;
        if (table != 0) {
          checkL2(table, (first + i) * perTable);
        }
      }
    }
    return compressed;
  }

  private void checkL2(long table, long disk) throws IOException {
    if (table % clusterSize != 0) {
      throw file.damaged("an L2 table is not at the start of a cluster");
    }
    // Each table is there once, so together they are no larger than the file: this bounds the work.
    l2Bytes += clusterSize;
    if (l2Bytes > file.length()) {
      throw file.damaged("its L2 tables overlap");
    }
    file.readInto(l2.clear(), table, "L2 table");
    long at = disk;
    while (l2.hasRemaining() && at < size) {
      long entry = l2.getLong();
      long subclusters = extended ? l2.getLong() : 0;
      if (entry != 0) {
        checkEntry(entry, subclusters, at);
      }
      at += clusterSize;
    }
  }

  private void checkEntry(long entry, long subclusters, long disk) throws IOException {
    if ((entry & COMPRESSED) != 0) {
      compressed = true;
      checkCompressed(entry, disk);
      return;
    }
    long offset = entry & OFFSET_MASK;
    long needed = needed(entry, subclusters);
    if (offset != 0 && needed != 0) {
      file.checkData(offset, Math.min(needed, size - disk), disk);
    }
  }

  /** How many bytes of a cluster are read from the file. */
  private long needed(long entry, long subclusters) {
    if (!extended) {
      return (entry & ZERO) != 0 ? 0 : clusterSize;
    }
    // The lower half says which subclusters are allocated; the last of them ends what is needed.
    int last = SUBCLUSTERS - Integer.numberOfLeadingZeros((int) subclusters);
    return last * (clusterSize / SUBCLUSTERS);
  }

  /**
   * The length is given in sectors, and the last may be short: not every writer fills the file up
   * to its end.
   */
  private void checkCompressed(long entry, long disk) throws IOException {
    long offset = entry & ((1L << offsetBits) - 1);
    long sectors = ((entry & ~COMPRESSED & Long.MAX_VALUE) >>> offsetBits) + 1;
    long length = sectors * SECTOR - offset % SECTOR;
    if (offset + length <= file.length()) {
      return;
    }
    if (offset + length > file.length() + SECTOR - 1) {
      file.checkData(offset, length, disk);
    }
    end.check(offset, disk);
  }
}
