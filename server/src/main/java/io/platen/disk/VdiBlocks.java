package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A VirtualBox image (VDI 1.1), little-endian: a text of 64 bytes, then the fields below, then a
 * map that leads from each block of the disk to its place in the file. VirtualBox publishes no
 * specification; the layout is the one its images have, and block and sector sizes are those QEMU
 * reads.
 *
 * @param virtualSize the size of the disk in bytes
 * @param map where the block map is, in bytes
 * @param data where the first block is, in bytes
 */
record VdiBlocks(long virtualSize, long map, long data) implements ImageLayout {
  private static final int SIGNATURE = 0xbeda107f;
  private static final int VERSION_1_1 = 0x00010001;
  private static final int DYNAMIC = 1;
  private static final int STATIC = 2;
  private static final int BLOCK = 1 << 20;

  /**
   * Entries of the block map from here on are for blocks without a place: discarded, or never
   * written.
   */
  private static final int NO_PLACE = 0xfffffffe;

  private static final int MAP_STEP = 16384; // entries read at once

  static VdiBlocks read(ImageFile file) throws IOException {
    ByteBuffer h = file.read(0, 512, ByteOrder.LITTLE_ENDIAN, "header");
    if (h.getInt(64) != SIGNATURE) {
      throw file.damaged("it does not have the mark of a VDI image");
    }
    if (h.getInt(68) != VERSION_1_1) {
      throw file.refused("is not of version 1.1", file.convert());
    }
    int type = h.getInt(76);
    if (type != DYNAMIC && type != STATIC) {
      throw file.refused(
          "is of type " + type + ", an undo or differencing image, which needs another file",
          file.convert());
    }
    // Link and parent: set where the image builds on another one.
    if ((h.getLong(424) | h.getLong(432) | h.getLong(440) | h.getLong(448)) != 0) {
      throw file.refused("builds on another image", file.convert());
    }
    if (h.getInt(360) != 512 || h.getInt(376) != BLOCK || h.getInt(380) != 0) {
      throw file.refused("has an unusual sector or block size", file.convert());
    }
    VdiBlocks read =
        new VdiBlocks(
            h.getLong(368),
            Integer.toUnsignedLong(h.getInt(340)),
            Integer.toUnsignedLong(h.getInt(344)));
    read.checkCounts(file, h);
    return read;
  }

  private void checkCounts(ImageFile file, ByteBuffer h) throws ImageRefused {
    long blocks = Integer.toUnsignedLong(h.getInt(384));
    long allocated = Integer.toUnsignedLong(h.getInt(388));
    if (map % 512 != 0 || data % 512 != 0) {
      throw file.damaged("its block map or data is not at the start of a sector");
    }
    if (virtualSize <= 0 || virtualSize > ImageHeader.MAX_VIRTUAL_SIZE) {
      return; // ImageHeader says so
    }
    if (blocks < blocks() || allocated > blocks) {
      throw file.damaged(
          "it has "
              + blocks
              + " blocks, "
              + allocated
              + " allocated, for "
              + virtualSize
              + " bytes");
    }
  }

  private long blocks() {
    return (virtualSize + BLOCK - 1) / BLOCK;
  }

  @Override
  public void checkTables(ImageFile file) throws IOException {
    long blocks = blocks();
    file.checkInside(map, blocks * 4, "block map");
    for (long first = 0; first < blocks; first += MAP_STEP) {
      int count = (int) Math.min(MAP_STEP, blocks - first);
      ByteBuffer entries =
          file.read(map + first * 4, count * 4, ByteOrder.LITTLE_ENDIAN, "block map");
      for (int i = 0; i < count; i++) {
        int entry = entries.getInt(i * 4);
        if (Integer.compareUnsigned(entry, NO_PLACE) < 0) {
          long disk = (first + i) * BLOCK;
          long offset = data + Integer.toUnsignedLong(entry) * BLOCK;
          file.checkData(offset, Math.min(BLOCK, virtualSize - disk), disk);
        }
      }
    }
  }
}
