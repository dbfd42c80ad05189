package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a VMDK "hosted sparse extent" with its descriptor inside: monolithicSparse and
 * streamOptimized. Little-endian, places and sizes in sectors of 512 bytes. Source of the format:
 * VMware, "Virtual Disk Format 5.0", Hosted Sparse Extents; the limits are QEMU's.
 */
final class VmdkHeader {
  private static final int SECTOR = 512;
  private static final int MAGIC = 0x564d444b; // "KDMV"
  private static final int MAGIC_ESX = 0x44574f43; // "COWD"
  private static final long DIRECTORY_AT_END = -1;
  private static final int MAX_DESCRIPTOR = 1 << 20;
  private static final int MAX_GRAIN_SECTORS = 0x200000;

  /** QEMU looks for a parent here whatever the header says: 20 sectors from the second one. */
  private static final int DESCRIPTOR_SECTOR = 1;

  private static final int DESCRIPTOR_SECTORS = 20;

  private static final int GRAINS_OF_ZEROS = 1 << 2;
  private static final int COMPRESSED = 1 << 16;
  private static final int MARKERS = 1 << 17;

  /** A directory for the largest disk, with the smallest grains and tables that are used: 4 KiB. */
  private static final long MAX_TABLES = 8 << 20;

  private VmdkHeader() {}

  /** Reads and checks everything but the grain directory and what it leads to. */
  static VmdkGrains read(ImageFile file) throws IOException {
    ByteBuffer h = file.read(0, SECTOR, ByteOrder.LITTLE_ENDIAN, "header");
    if (h.getInt(0) == MAGIC_ESX) {
      throw file.refused("is an extent of VMware ESX", file.convert());
    }
    if (h.getInt(0) != MAGIC) {
      throw file.refused(
          "is no sparse extent with its descriptor inside (a descriptor of its own names other"
              + " files)",
          file.convert());
    }
    long descriptorOffset = h.getLong(28);
    long descriptorSectors = h.getLong(36);
    if (descriptorOffset != DESCRIPTOR_SECTOR
        || descriptorSectors <= 0
        || descriptorSectors > MAX_DESCRIPTOR / SECTOR) {
      throw file.refused("has no descriptor behind its header", file.convert());
    }
    VmdkGrains grains = readExtent(file, h);
    if (h.getLong(56) == DIRECTORY_AT_END) {
      grains = readFooter(file, grains.capacity());
    }
    checkDirectory(file, grains);
    int window = (int) Math.max(descriptorSectors, DESCRIPTOR_SECTORS) * SECTOR;
    int available = (int) Math.min(window, file.length() - SECTOR);
    file.checkInside(SECTOR, descriptorSectors * SECTOR, "descriptor");
    VmdkDescriptor.check(file, file.readBytes(SECTOR, available, "descriptor"));
    return grains;
  }

  /** Reads and checks one header, the first or the one in the footer, which counts. */
  private static VmdkGrains readExtent(ImageFile file, ByteBuffer h) throws ImageRefused {
    int version = h.getInt(4);
    if (version < 1 || version > 3) {
      throw file.refused("has the unknown version " + version, file.convert());
    }
    long capacity = h.getLong(12);
    // QEMU takes an image without capacity for a mere descriptor, and opens what that names.
    if (capacity <= 0) {
      throw file.damaged("its disk is empty");
    }
    if (capacity > ImageHeader.MAX_VIRTUAL_SIZE / SECTOR) {
      throw file.refused(
          "has a disk of " + Long.toUnsignedString(capacity >>> 21) + " GB",
          "the largest disk is " + (ImageHeader.MAX_VIRTUAL_SIZE >> 30) + " GB");
    }
    long grain = h.getLong(20);
    if (grain <= 0 || grain > MAX_GRAIN_SECTORS || Long.bitCount(grain) != 1) {
      throw file.damaged("its grains have " + Long.toUnsignedString(grain) + " sectors");
    }
    int perTable = h.getInt(44);
    if (perTable <= 0 || perTable > SECTOR) {
      throw file.damaged("its grain tables have " + perTable + " entries");
    }
    boolean compressed = isCompressed(file, h);
    long directory = h.getLong(56);
    return new VmdkGrains(
        capacity * SECTOR,
        grain * SECTOR,
        perTable,
        directory < 0 || directory > Long.MAX_VALUE / SECTOR ? -1 : directory * SECTOR,
        (h.getInt(8) & GRAINS_OF_ZEROS) != 0,
        compressed);
  }

  private static boolean isCompressed(ImageFile file, ByteBuffer h) throws ImageRefused {
    int algorithm = h.getShort(77) & 0xffff;
    if (algorithm > 1) { // 0 is none, 1 is deflate
      throw file.damaged("its compression (" + algorithm + ") is unknown");
    }
    int flags = h.getInt(8);
    if (algorithm == 1 && (flags & (COMPRESSED | MARKERS)) != (COMPRESSED | MARKERS)) {
      throw file.refused(
          "is compressed without markers, which say where each grain ends", file.convert());
    }
    return algorithm == 1;
  }

  private static void checkDirectory(ImageFile file, VmdkGrains grains) throws IOException {
    if (grains.directory() <= 0) {
      throw file.refused(
          "is truncated or damaged: its grain directory is beyond the end of the file",
          "copy the image again, completely");
    }
    if (grains.tables() > MAX_TABLES) {
      throw file.damaged("its grain directory has " + grains.tables() + " entries");
    }
    file.checkInside(grains.directory(), grains.tables() * 4, "grain directory");
  }

  /**
   * A stream ends with a marker, the header again with the directory's place, and an end marker.
   */
  private static VmdkGrains readFooter(ImageFile file, long capacity) throws IOException {
    ByteBuffer f =
        file.read(file.length() - 3L * SECTOR, 3 * SECTOR, ByteOrder.LITTLE_ENDIAN, "footer");
    boolean marked = f.getLong(0) == 1 && f.getInt(8) == 0 && f.getInt(12) == 3;
    boolean ended = f.getLong(2 * SECTOR) == 0 && f.getInt(2 * SECTOR + 12) == 0;
    ByteBuffer h = f.slice(SECTOR, SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    if (!marked || !ended || h.getInt(0) != MAGIC || h.getLong(56) == DIRECTORY_AT_END) {
      throw file.refused(
          "is truncated or damaged: it does not end with a footer",
          "copy the image again, completely");
    }
    VmdkGrains grains = readExtent(file, h);
    if (grains.capacity() != capacity) {
      throw file.damaged("header and footer state different sizes");
    }
    return grains;
  }
}
