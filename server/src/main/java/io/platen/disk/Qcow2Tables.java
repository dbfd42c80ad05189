package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The tables that lead from an address on the disk to one in the qcow2 file. Source:
 * docs/interop/qcow2.txt, "Cluster mapping".
 */
final class Qcow2Tables {
  static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L; // bits 9-55
  private static final long COMPRESSED = 1L << 62;
  private static final int L1_STEP = 8192; // entries read at once

  private final ImageFile file;
  private final int clusterBits;
  private final int entryBytes;
  private final ByteBuffer l2;
  private long l2Bytes;
  private boolean compressed;

  private Qcow2Tables(ImageFile file, int clusterBits, boolean extendedL2) {
    this.file = file;
    this.clusterBits = clusterBits;
    this.entryBytes = extendedL2 ? 16 : 8;
    this.l2 = ByteBuffer.allocate(1 << clusterBits).order(ByteOrder.BIG_ENDIAN);
  }

  /**
   * Refuses an image with a table or cluster beyond the end of the file.
   *
   * @return whether there are compressed clusters
   */
  static boolean check(
      ImageFile file, long l1Offset, int l1Entries, int clusterBits, boolean extendedL2)
      throws IOException {
    Qcow2Tables tables = new Qcow2Tables(file, clusterBits, extendedL2);
    for (int first = 0; first < l1Entries; first += L1_STEP) {
      int count = Math.min(L1_STEP, l1Entries - first);
      ByteBuffer l1 = file.read(l1Offset + first * 8L, count * 8, ByteOrder.BIG_ENDIAN, "L1 table");
      while (l1.hasRemaining()) {
        long offset = l1.getLong() & OFFSET_MASK;
        if (offset != 0) {
          tables.checkL2(offset);
        }
      }
    }
    return tables.compressed;
  }

  private void checkL2(long offset) throws IOException {
    if ((offset & ((1L << clusterBits) - 1)) != 0) {
      throw file.damaged("an L2 table is not at the start of a cluster");
    }
    // Each table is there once, so together they are no larger than the file: this bounds the work.
    l2Bytes += 1L << clusterBits;
    if (l2Bytes > file.length()) {
      throw file.damaged("its L2 tables overlap");
    }
    file.readInto(l2.clear(), offset, "L2 table");
    while (l2.hasRemaining()) {
      checkEntry(l2.getLong());
      l2.position(l2.position() + entryBytes - 8);
    }
  }

  private void checkEntry(long entry) throws ImageRefused {
    compressed |= (entry & COMPRESSED) != 0;
    // A compressed cluster's offset takes the low bits up to 61 - (clusterBits - 8).
    long offset =
        (entry & COMPRESSED) != 0
            ? entry & ((1L << (62 - (clusterBits - 8))) - 1)
            : entry & OFFSET_MASK;
    if (offset != 0) {
      file.checkInside(offset, 1, "data");
    }
  }
}
