package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a VirtualBox image (VDI 1.1), little-endian: a text of 64 bytes, then the fields
 * below. VirtualBox publishes no specification; the layout is the one its images have, and block
 * and sector sizes are those QEMU reads.
 */
final class VdiHeader {
  private static final int SIGNATURE = 0xbeda107f;
  private static final int VERSION_1_1 = 0x00010001;
  private static final int DYNAMIC = 1;
  private static final int STATIC = 2;
  private static final int BLOCK = 1 << 20;

  private VdiHeader() {}

  static long virtualSize(ImageFile file) throws IOException {
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
    long size = h.getLong(368);
    if (h.getInt(360) != 512 || h.getInt(376) != BLOCK || h.getInt(380) != 0) {
      throw file.refused("has an unusual sector or block size", file.convert());
    }
    if (size > 0 && size <= ImageHeader.MAX_VIRTUAL_SIZE) {
      checkMap(file, h, size);
    }
    return size;
  }

  private static void checkMap(ImageFile file, ByteBuffer h, long size) throws ImageRefused {
    long mapOffset = Integer.toUnsignedLong(h.getInt(340));
    long dataOffset = Integer.toUnsignedLong(h.getInt(344));
    long blocks = Integer.toUnsignedLong(h.getInt(384));
    long allocated = Integer.toUnsignedLong(h.getInt(388));
    if (mapOffset % 512 != 0 || dataOffset % 512 != 0) {
      throw file.damaged("its block map or data is not at the start of a sector");
    }
    if (blocks < (size + BLOCK - 1) / BLOCK || allocated > blocks) {
      throw file.damaged(
          "it has " + blocks + " blocks, " + allocated + " allocated, for " + size + " bytes");
    }
    file.checkInside(mapOffset, blocks * 4, "block map");
    if (allocated > 0) {
      // The last block may be short: the disk may end within it.
      file.checkInside(dataOffset, (allocated - 1) * BLOCK + 1, "data");
    }
  }
}
