package io.platen.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an image's header says, after the image was checked.
 *
 * <p>The check comes before any QEMU tool sees the file. It refuses whatever makes QEMU open
 * another file, features that are not known here, structures that are damaged, and an image with a
 * table, or a byte of the disk, beyond the end of the file: QEMU reads zeros there, without a word.
 * It reads with bounded memory, writes nothing, and opens no other file.
 *
 * @param format the format the caller stated
 * @param virtualSize the size of the disk that a machine sees, in bytes
 */
public record ImageHeader(DiskFormat format, long virtualSize) {
  /** The largest disk: the largest size that machines come in, 16000 GB. */
  public static final long MAX_VIRTUAL_SIZE = 16_000L << 30;

  /** QEMU counts disks in sectors of 512 bytes. */
  private static final int SECTOR = 512;

  /** How often a file that is in use is looked at before it counts as damaged. */
  private static final int LOOKS = 3;

  /**
   * Reads and checks a self-contained image. A raw image may hold anything: it is never probed, and
   * that it is truncated can't be seen.
   *
   * @throws ImageRefused if the image is damaged or asks for what is not allowed
   * @throws DiskUnreadable if there is no such file or block device, or it may not be read
   */
  public static ImageHeader read(Path path, DiskFormat format) throws IOException {
    try (ImageFile file = ImageFile.open(path, format, false)) {
      return alone(file, format);
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
    try (ImageFile file = ImageFile.open(disk, DiskFormat.QCOW2, false)) {
      return whole(file, DiskFormat.QCOW2, Qcow2Header.read(file).over(file, disk, base));
    }
  }

  /**
   * Reads and checks one image of the disk of a machine that runs: the image may be written to
   * meanwhile. What a header says about a backing file does not matter, since QEMU has opened what
   * it reads.
   */
  public static ImageHeader readInUse(Path path, DiskFormat format) throws IOException {
    try (ImageFile file = ImageFile.open(path, format, true)) {
      for (int look = 1; ; look++) {
        try {
          return whole(file, format, ImageLayout.read(file, format));
        } catch (ImageRefused e) {
          // A table that was being written; the next look sees it whole.
          if (look == LOOKS) {
            throw e;
          }
        }
      }
    }
  }

  /**
   * What a qcow2 image says about the image below it; empty for one that has none.
   *
   * @throws ImageRefused if the header is damaged
   */
  public static Optional<BackingFile> backing(Path path) throws IOException {
    try (ImageFile file = ImageFile.open(path, DiskFormat.QCOW2, true)) {
      return Qcow2Header.read(file).backing();
    }
  }

  /**
   * The size of the disk that a qcow2 image is, in bytes, which may be written to meanwhile.
   *
   * @throws ImageRefused if the header is damaged, or the disk larger than any machine's
   */
  public static long sizeInUse(Path path) throws IOException {
    try (ImageFile file = ImageFile.open(path, DiskFormat.QCOW2, true)) {
      return checked(file, DiskFormat.QCOW2, Qcow2Header.read(file).virtualSize()).virtualSize();
    }
  }

  /** Checks an open image that stands on no other one. */
  static ImageHeader alone(ImageFile file, DiskFormat format) throws IOException {
    ImageLayout layout = ImageLayout.read(file, format);
    return whole(file, format, layout instanceof Qcow2Header qcow2 ? qcow2.alone(file) : layout);
  }

  /** Checks that an open image, whose header was read, is all there. */
  static ImageHeader whole(ImageFile file, DiskFormat format, ImageLayout layout)
      throws IOException {
    ImageHeader header = checked(file, format, layout.virtualSize());
    layout.checkTables(file);
    return header;
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
