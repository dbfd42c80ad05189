package io.platen.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an image's header says, after it was checked.
 *
 * <p>The check comes before any QEMU tool sees the file. It refuses whatever makes QEMU open
 * another file, features that are not known here, and structures that are damaged or beyond the end
 * of the file. It reads with bounded memory, writes nothing, and opens no other file.
 *
 * @param format the format the caller stated
 * @param virtualSize the size of the disk that a machine sees, in bytes
 */
public record ImageHeader(DiskFormat format, long virtualSize) {
  /** The largest disk: the largest size that machines come in, 16000 GB. */
  public static final long MAX_VIRTUAL_SIZE = 16_000L << 30;

  /** QEMU counts disks in sectors of 512 bytes. */
  private static final int SECTOR = 512;

  /**
   * Reads and checks a self-contained image. A raw image may hold anything: it is never probed.
   *
   * @throws ImageRefused if the header is damaged or asks for what is not allowed
   * @throws DiskUnreadable if there is no such file or block device, or it may not be read
   */
  public static ImageHeader read(Path path, DiskFormat format) throws IOException {
    try (ImageFile file = ImageFile.open(path, format)) {
      long size =
          switch (format) {
            case RAW -> file.length();
            case QCOW2 -> Qcow2Header.read(file, Optional.empty()).checkTables().virtualSize();
            case VMDK -> VmdkHeader.virtualSize(file);
            case VDI -> VdiHeader.virtualSize(file);
            case VHDX -> VhdxHeader.virtualSize(file);
          };
      return checked(file, format, size);
    }
  }

  /**
   * Reads and checks a machine's disk as Platen makes them: a qcow2 overlay whose backing file is
   * the raw base image the caller expects, and no other.
   *
   * @param disk the overlay
   * @param base the base image that its header has to name
   */
  public static ImageHeader readOverlay(Path disk, Path base) throws IOException {
    try (ImageFile file = ImageFile.open(disk, DiskFormat.QCOW2)) {
      return checked(
          file, DiskFormat.QCOW2, Qcow2Header.readOverlay(file, disk, base).virtualSize());
    }
  }

  static ImageHeader checked(ImageFile file, DiskFormat format, long size) throws ImageRefused {
    if (size == 0) {
      throw file.damaged("its disk is empty");
    }
    if (Long.compareUnsigned(size, MAX_VIRTUAL_SIZE) > 0) {
      throw file.refused(
          "has a disk of " + Long.toUnsignedString(size >>> 30) + " GB",
          "the largest disk is " + (MAX_VIRTUAL_SIZE >> 30) + " GB");
    }
    return new ImageHeader(format, size);
  }

  /**
   * The size that qemu-nbd exports: rounded up to a whole sector, as a machine would see it. What a
   * raw file lacks to a whole sector reads as zeros (observed with QEMU 7.2).
   */
  public long exportedSize() {
    return (virtualSize + SECTOR - 1) / SECTOR * SECTOR;
  }
}
