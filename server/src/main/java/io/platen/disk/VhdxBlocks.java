package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The block allocation table of a Hyper-V image, which leads from an address on the disk to a block
 * in the file. Source of the format: MS-VHDX, 2.5.
 *
 * @param virtualSize the size of the disk in bytes
 * @param blockSize bytes
 * @param sectorSize bytes of a logical sector
 * @param table where the table is
 */
record VhdxBlocks(long virtualSize, int blockSize, int sectorSize, VhdxHeader.Region table)
    implements ImageLayout {
  private static final int STEP = 16384; // entries read at once
  private static final long STATE = 7; // 2.5.1.1: the low three bits
  private static final int FULLY_PRESENT = 6;
  private static final int PARTIALLY_PRESENT = 7;
  private static final int RESERVED = 4;
  private static final long OFFSET = ~((1L << 20) - 1); // the upper 44 bits, in MiB

  /** After so many blocks the table has one entry for their sector bitmap: 2.5.1. */
  private long blocksPerBitmap() {
    return (1L << 23) * sectorSize / blockSize;
  }

  @Override
  public void checkTables(ImageFile file) throws IOException {
    long blocks = (virtualSize + blockSize - 1) / blockSize;
    long entries = blocks + (blocks - 1) / blocksPerBitmap();
    if (entries * 8 > table.length()) {
      throw file.damaged("its block table has " + table.length() / 8 + " entries, not " + entries);
    }
    for (long first = 0; first < entries; first += STEP) {
      int count = (int) Math.min(STEP, entries - first);
      ByteBuffer read =
          file.read(table.offset() + first * 8, count * 8, ByteOrder.LITTLE_ENDIAN, "block table");
      for (int i = 0; i < count; i++) {
        long inGroup = (first + i) % (blocksPerBitmap() + 1);
        long block = (first + i) / (blocksPerBitmap() + 1) * blocksPerBitmap() + inGroup;
        if (inGroup != blocksPerBitmap()) {
          checkEntry(file, read.getLong(i * 8), block * blockSize);
        }
      }
    }
  }

  private void checkEntry(ImageFile file, long entry, long disk) throws IOException {
    int state = (int) (entry & STATE);
    if (state == FULLY_PRESENT) {
      file.checkData(entry & OFFSET, Math.min(blockSize, virtualSize - disk), disk);
    } else if (state == PARTIALLY_PRESENT) {
      throw file.refused("has blocks that need another file", file.convert());
    } else if (state == RESERVED) {
      throw file.damaged("the block of byte " + disk + " of the disk has an unknown state");
    }
  }
}
