package io.platen.disk;

import java.io.IOException;

/**
 * What an image's header says: how large the disk is, and where the tables are that lead to its
 * bytes. Two readings of one file are equal as long as its header stays what it was.
 */
sealed interface ImageLayout
    permits ImageLayout.Raw, Qcow2Header, VmdkGrains, VdiBlocks, VhdxBlocks {
  /** The size of the disk in bytes, as it stands there: it may be 0, negative or too large. */
  long virtualSize();

  /**
   * Refuses an image with a table, or a byte of the disk that a table places in the file, beyond
   * the end of the file. All tables are read, with a bounded buffer.
   */
  void checkTables(ImageFile file) throws IOException;

  /**
   * Reads and checks a header, and refuses what makes QEMU open another file; but a qcow2 image may
   * name a backing file.
   */
  static ImageLayout read(ImageFile file, DiskFormat format) throws IOException {
    return switch (format) {
      case RAW -> new Raw(file.length());
      case QCOW2 -> Qcow2Header.read(file);
      case VMDK -> VmdkHeader.read(file);
      case VDI -> VdiBlocks.read(file);
      case VHDX -> VhdxHeader.read(file);
    };
  }

  /** The disk is the file: there is nothing in it to interpret, or to find truncated. */
  record Raw(long virtualSize) implements ImageLayout {
    @Override
    public void checkTables(ImageFile file) {
      // Each length is a possible one.
    }
  }
}
