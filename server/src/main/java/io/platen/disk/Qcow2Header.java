package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The header of a qcow2 image, big-endian. Source of the format: docs/interop/qcow2.txt of QEMU
 * 7.2; the limits on the tables are those with which QEMU itself refuses an image.
 *
 * @param zstd whether compressed clusters are zstd's, not zlib's
 * @param backing the image below this one, as the header names it
 */
record Qcow2Header(
    int version,
    int clusterBits,
    boolean extendedL2,
    boolean zstd,
    long virtualSize,
    long l1Offset,
    int l1Entries,
    Optional<BackingFile> backing)
    implements ImageLayout {
  static final int MAGIC = 0x514649fb; // "QFI\xfb"
  static final int V2_LENGTH = 72;
  static final int V3_LENGTH = 104;

  static final int EXTENSION_END = 0;
  static final int EXTENSION_BACKING_FORMAT = 0xe2792aca;
  private static final int EXTENSION_DATA_FILE = 0x44415441;
  private static final int EXTENSION_ENCRYPTION = 0x0537be77;
  private static final int EXTENSION_BITMAPS = 0x23852875;

  private static final long DIRTY = 1;
  private static final long CORRUPT = 1 << 1;
  private static final long DATA_FILE = 1 << 2;
  private static final long COMPRESSION_TYPE = 1 << 3;
  private static final long EXTENDED_L2 = 1 << 4;
  private static final long KNOWN = DIRTY | CORRUPT | DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;

  private static final long AUTOCLEAR_BITMAPS = 1;

  private static final int MIN_CLUSTER_BITS = 9;
  private static final int MAX_CLUSTER_BITS = 21;
  private static final int MAX_L1_BYTES = 32 << 20;
  private static final int MAX_REFCOUNT_TABLE_BYTES = 8 << 20;
  private static final int MAX_SNAPSHOTS = 65536;

  /** Images have half a dozen at most; a header of 2 MiB could hold a quarter of a million. */
  private static final int MAX_EXTENSIONS = 64;

  /** Refuses an image that needs another one. */
  Qcow2Header alone(ImageFile file) throws ImageRefused {
    if (backing.isPresent()) {
      throw file.refused("has a backing file", file.convert());
    }
    return this;
  }

  /**
   * Refuses an overlay of Platen's that does not stand on its base image.
   *
   * @param disk the overlay's path, which the name in the header may be relative to
   */
  Qcow2Header over(ImageFile file, Path disk, Path base) throws ImageRefused {
    String remedy =
        "this disk was not made by Platen or was changed since; its base image has to be " + base;
    if (backing.isEmpty()) {
      throw file.refused("has no backing file", remedy);
    }
    BackingFile named = backing.get();
    Path expected = base.toAbsolutePath().normalize();
    if (!named.resolve(disk).equals(Optional.of(expected))) {
      throw file.refused("has the backing file \"" + named.printable() + "\"", remedy);
    }
    if (!named.format().equals("raw")) {
      throw file.refused(
          "does not say that its backing file is raw",
          "this disk was not made by Platen or was changed since");
    }
    return this;
  }

  /** Whether its clusters are such as {@link OverlayMap} knows, unless they are compressed. */
  boolean isPlain() {
    return version == 3 && clusterBits == OverlayMap.CLUSTER_BITS && !extendedL2;
  }

  /** What is where, of a plain overlay. */
  OverlayMap map(ImageFile file) {
    return new OverlayMap(file, virtualSize, l1Offset);
  }

  static Qcow2Header read(ImageFile file) throws IOException {
    ByteBuffer h = file.read(0, V2_LENGTH, ByteOrder.BIG_ENDIAN, "header");
    if (h.getInt(0) != MAGIC) {
      throw file.damaged("it does not start with the mark of a qcow2 image");
    }
    int version = h.getInt(4);
    if (version != 2 && version != 3) {
      throw file.refused("has the unknown version " + version, file.convert());
    }
    int clusterBits = h.getInt(20);
    if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
      throw file.damaged("its cluster size is 2^" + clusterBits + " bytes");
    }
    if (h.getInt(32) != 0) {
      throw file.refused("is encrypted", file.convert());
    }
    long features = 0;
    int headerLength = V2_LENGTH;
    if (version == 3) {
      ByteBuffer v3 = file.read(0, V3_LENGTH, ByteOrder.BIG_ENDIAN, "header");
      features = v3.getLong(72);
      headerLength = v3.getInt(100);
      checkVersion3(file, v3, headerLength, 1 << clusterBits);
    }
    checkFeatures(file, features, headerLength, clusterBits);
    Optional<BackingFile> backing = BackingFile.read(file, h, 1L << clusterBits);
    String format = readExtensions(file, h, headerLength, 1 << clusterBits);
    Qcow2Header header =
        new Qcow2Header(
            version,
            clusterBits,
            (features & EXTENDED_L2) != 0,
            (features & COMPRESSION_TYPE) != 0,
            h.getLong(24),
            h.getLong(40),
            h.getInt(36),
            backing.map(named -> named.withFormat(format)));
    header.checkL1(file);
    header.checkOtherTables(file, h);
    return header;
  }

  private static void checkVersion3(
      ImageFile file, ByteBuffer v3, int headerLength, int clusterSize) throws ImageRefused {
    if (headerLength < V3_LENGTH || headerLength > clusterSize) {
      throw file.damaged("its header length is " + Integer.toUnsignedString(headerLength));
    }
    if (Integer.compareUnsigned(v3.getInt(96), 6) > 0) {
      throw file.damaged("its reference counts are wider than 64 bits");
    }
  }

  private static void checkFeatures(
      ImageFile file, long features, int headerLength, int clusterBits) throws IOException {
    if ((features & DATA_FILE) != 0) {
      throw file.refused("keeps its data in another file", file.convert());
    }
    if ((features & CORRUPT) != 0) {
      throw file.refused(
          "is marked as corrupt", "repair it with \"qemu-img check -r all\", or restore a copy");
    }
    if ((features & ~KNOWN) != 0) {
      throw file.refused(
          "needs unknown features (bits 0x" + Long.toHexString(features & ~KNOWN) + ")",
          file.convert());
    }
    if ((features & EXTENDED_L2) != 0 && clusterBits < 14) {
      throw file.damaged("its clusters are too small for subclusters");
    }
    int type =
        headerLength > V3_LENGTH
            ? file.read(V3_LENGTH, 1, ByteOrder.BIG_ENDIAN, "header").get(0) & 0xff
            : 0;
    if (type > 1) { // 0 is zlib, 1 is zstd
      throw file.refused("uses the unknown compression type " + type, file.convert());
    }
    if ((type != 0) != ((features & COMPRESSION_TYPE) != 0)) {
      throw file.damaged("its compression type contradicts its feature bits");
    }
  }

  /** Refuses what makes QEMU open another file; returns the format of the backing file. */
  private static String readExtensions(
      ImageFile file, ByteBuffer h, int headerLength, int clusterSize) throws IOException {
    long backingOffset = h.getLong(8);
    long end = backingOffset == 0 ? clusterSize : backingOffset;
    long position = headerLength;
    String backingFormat = "";
    for (int i = 0; position + 8 <= end; i++) {
      if (i == MAX_EXTENSIONS) {
        throw file.damaged("it has more than " + MAX_EXTENSIONS + " header extensions");
      }
      ByteBuffer extension = file.read(position, 8, ByteOrder.BIG_ENDIAN, "header extension");
      int type = extension.getInt();
      long length = Integer.toUnsignedLong(extension.getInt());
      position += 8;
      if (type == EXTENSION_END) {
        break;
      }
      if (length > end - position) {
        throw file.damaged("a header extension is longer than the header");
      }
      if (type == EXTENSION_DATA_FILE) {
        throw file.refused("keeps its data in another file", file.convert());
      }
      if (type == EXTENSION_ENCRYPTION) {
        throw file.refused("is encrypted", file.convert());
      }
      if (type == EXTENSION_BITMAPS && length >= 24 && hasBitmaps(file, headerLength)) {
        // Nothing of them is captured, but QEMU opens no image without their directory.
        ByteBuffer bitmaps = file.read(position + 8, 16, ByteOrder.BIG_ENDIAN, "bitmap directory");
        file.checkInside(bitmaps.getLong(8), bitmaps.getLong(0), "bitmap directory");
      }
      if (type == EXTENSION_BACKING_FORMAT && length <= 16) {
        byte[] bytes = file.readBytes(position, (int) length, "backing format");
        backingFormat = new String(bytes, StandardCharsets.US_ASCII);
      }
      position += (length + 7) & ~7;
    }
    return backingFormat;
  }

  /** A writer that knows no bitmaps clears the bit, and what the extension says is void. */
  private static boolean hasBitmaps(ImageFile file, int headerLength) throws IOException {
    return headerLength >= V3_LENGTH
        && (file.read(88, 8, ByteOrder.BIG_ENDIAN, "header").getLong() & AUTOCLEAR_BITMAPS) != 0;
  }

  private void checkL1(ImageFile file) throws IOException {
    if (virtualSize < 0 || virtualSize > ImageHeader.MAX_VIRTUAL_SIZE) {
      return; // ImageHeader says so; no table is read for it
    }
    long perEntry = Qcow2Tables.bytesPerL1Entry(clusterBits, extendedL2);
    long needed = (virtualSize + perEntry - 1) / perEntry;
    if (l1Entries < 0 || l1Entries > MAX_L1_BYTES / 8 || l1Entries < needed) {
      throw file.damaged(
          "its L1 table has " + Integer.toUnsignedString(l1Entries) + " entries, not " + needed);
    }
    checkAligned(file, l1Offset, "L1 table");
    file.checkInside(l1Offset, l1Entries * 8L, "L1 table");
  }

  private void checkOtherTables(ImageFile file, ByteBuffer h) throws IOException {
    long refcountOffset = h.getLong(48);
    long refcountBytes = Integer.toUnsignedLong(h.getInt(56)) << clusterBits;
    if (refcountBytes == 0 || refcountBytes > MAX_REFCOUNT_TABLE_BYTES) {
      throw file.damaged("its reference count table has " + refcountBytes + " bytes");
    }
    checkAligned(file, refcountOffset, "reference count table");
    // Whole clusters are reserved for it, but the last may be short in the file.
    file.checkInside(refcountOffset, 8, "reference count table");
    int snapshots = h.getInt(60);
    if (snapshots < 0 || snapshots > MAX_SNAPSHOTS) {
      throw file.damaged("it has " + Integer.toUnsignedString(snapshots) + " snapshots");
    }
    if (snapshots > 0) {
      checkAligned(file, h.getLong(64), "snapshot table");
      file.checkInside(h.getLong(64), snapshots * 40L, "snapshot table");
    }
  }

  private void checkAligned(ImageFile file, long offset, String what) throws ImageRefused {
    if ((offset & ((1L << clusterBits) - 1)) != 0) {
      throw file.damaged("its " + what + " is not at the start of a cluster");
    }
  }

  @Override
  public void checkTables(ImageFile file) throws IOException {
    findCompressed(file);
  }

  /** The same; returns whether there are compressed clusters. */
  boolean findCompressed(ImageFile file) throws IOException {
    return new Qcow2Tables(file, virtualSize, clusterBits, extendedL2, zstd).check(l1Offset);
  }
}
