package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The grain directory and grain tables of a VMDK, which lead from an address on the disk to a grain
 * in the file. Source of the format: VMware, "Virtual Disk Format 5.0", Hosted Sparse Extents.
 *
 * <p>Each table, and each byte of the disk that one of them places in the file, has to lie within
 * the file: QEMU reads zeros behind its end. What the last grain has behind the end of the disk
 * need not.
 *
 * @param capacity the size of the disk in bytes
 * @param grain bytes
 * @param perTable entries of a grain table
 * @param directory where the grain directory is, in bytes
 * @param zeroGrains whether the entry 1 stands for a grain of zeros
 * @param compressed whether each grain is compressed, behind a marker with its length
 */
record VmdkGrains(
    long capacity, long grain, int perTable, long directory, boolean zeroGrains, boolean compressed)
    implements ImageLayout {
  private static final int SECTOR = 512;
  private static final int DIRECTORY_STEP = 16384; // entries read at once
  private static final int ZEROED = 1;

  /** A marker: the sector on the disk in 8 bytes, then the length of what follows in 4. */
  private static final int MARKER = 12;

  @Override
  public long virtualSize() {
    return capacity;
  }

  private long bytesPerTable() {
    return grain * perTable;
  }

  /** How many grain tables the disk needs. */
  long tables() {
    return (capacity + bytesPerTable() - 1) / bytesPerTable();
  }

  @Override
  public void checkTables(ImageFile file) throws IOException {
    // Each table is there once, so together they are no larger than the file: this bounds the work.
    long left = file.length() / (perTable * 4L);
    ByteBuffer table = ByteBuffer.allocate(perTable * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < tables(); first += DIRECTORY_STEP) {
      int count = (int) Math.min(DIRECTORY_STEP, tables() - first);
      ByteBuffer entries =
          file.read(directory + first * 4, count * 4, ByteOrder.LITTLE_ENDIAN, "grain directory");
      for (int i = 0; i < count; i++) {
        long offset = Integer.toUnsignedLong(entries.getInt(i * 4)) * SECTOR;
        if (offset != 0) {
          if (--left < 0) {
            throw file.damaged("its grain tables overlap");
          }
          file.readInto(table.clear(), offset, "grain table");
          checkTable(file, table, (first + i) * bytesPerTable());
        }
      }
    }
  }

  private void checkTable(ImageFile file, ByteBuffer table, long disk) throws IOException {
    long at = disk;
    while (table.hasRemaining() && at < capacity) {
      int entry = table.getInt();
      if (entry != 0 && !(zeroGrains && entry == ZEROED)) {
        long offset = Integer.toUnsignedLong(entry) * SECTOR;
        if (compressed) {
          checkCompressed(file, offset, at);
        } else {
          file.checkData(offset, Math.min(grain, capacity - at), at);
        }
      }
      at += grain;
    }
  }

  /**
   * QEMU reads a compressed grain of up to twice the size of a plain one, and refuses a longer one.
   * So the marker matters near the end of the file only.
   */
  private void checkCompressed(ImageFile file, long offset, long disk) throws IOException {
    if (offset + MARKER + 2 * grain <= file.length()) {
      return;
    }
    file.checkData(offset, MARKER, disk);
    ByteBuffer marker = file.read(offset, MARKER, ByteOrder.LITTLE_ENDIAN, "grain");
    long length = Integer.toUnsignedLong(marker.getInt(8));
    if (length == 0 || length > 2 * grain) {
      throw file.damaged("a compressed grain has " + length + " bytes");
    }
    file.checkData(offset, MARKER + length, disk);
  }
}
