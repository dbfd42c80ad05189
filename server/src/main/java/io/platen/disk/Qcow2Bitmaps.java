package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The dirty bitmaps in a qcow2 image. Source of the format: docs/interop/qcow2.txt of QEMU 7.2,
 * "Bitmaps"; big-endian, but the bits of a bitmap start at the lowest of the first byte.
 *
 * <p>The image's header has been read and checked before, and nothing writes to the file meanwhile.
 */
final class Qcow2Bitmaps {
  private static final int EXTENSION_BITMAPS = 0x23852875;
  private static final long AUTOCLEAR_BITMAPS = 1;
  private static final int ENTRY_BYTES = 24;

  /** QEMU's own limit. */
  private static final int MAX_BITMAPS = 65535;

  /** Platen's bitmaps have this one, and others are not read. */
  private static final int GRANULARITY_BITS = Long.numberOfTrailingZeros(DirtyBitmap.GRANULARITY);

  private static final int TYPE_DIRTY_TRACKING = 1;

  /** It was open for writing when its writer ended, and lacks what was written since. */
  private static final int IN_USE = 1;

  /** Every writer marks in it what it writes. */
  private static final int AUTO = 1 << 1;

  private static final long ALL_ONES = 1;

  private final ImageFile file;
  private final int clusterBits;

  private Qcow2Bitmaps(ImageFile file, int clusterBits) {
    this.file = file;
    this.clusterBits = clusterBits;
  }

  /** As the directory describes it. */
  record Entry(
      String name,
      int flags,
      int type,
      int granularityBits,
      long table,
      long tableEntries,
      boolean isPlain) {
    /** Whether QEMU was cut off while it had the image open: the bitmap is of no more use. */
    boolean isInconsistent() {
      return (flags & IN_USE) != 0;
    }

    /** Whether it tells of every write since it was begun, as far as the image can say. */
    boolean isWhole() {
      return flags == AUTO
          && type == TYPE_DIRTY_TRACKING
          && isPlain
          && granularityBits == GRANULARITY_BITS;
    }
  }

  /**
   * The bitmaps of an image; none where the image has none, or where a program that knows no
   * bitmaps has written to it.
   *
   * @throws ImageRefused where the directory is damaged
   */
  static List<Entry> list(ImageFile file, Qcow2Header header) throws IOException {
    if (header.version() < 3) {
      return List.of();
    }
    var h = file.read(0, Qcow2Header.V3_LENGTH, ByteOrder.BIG_ENDIAN, "header");
    return (h.getLong(88) & AUTOCLEAR_BITMAPS) == 0
        ? List.of()
        : new Qcow2Bitmaps(file, header.clusterBits()).list(h.getInt(100));
  }

  private List<Entry> list(long firstExtension) throws IOException {
    long at = firstExtension;
    while (at + 8 <= 1L << clusterBits) {
      var extension = file.read(at, 8, ByteOrder.BIG_ENDIAN, "header extension");
      int type = extension.getInt();
      long length = Integer.toUnsignedLong(extension.getInt());
      if (type == EXTENSION_BITMAPS && length >= ENTRY_BYTES) {
        return directory(file.read(at + 8, ENTRY_BYTES, ByteOrder.BIG_ENDIAN, "bitmap extension"));
      }
      if (type == Qcow2Header.EXTENSION_END) {
        break;
      }
      at += 8 + ((length + 7) & ~7);
    }
    return List.of();
  }

  private List<Entry> directory(ByteBuffer extension) throws IOException {
    int count = extension.getInt(0);
    long bytes = extension.getLong(8);
    if (count < 0 || count > MAX_BITMAPS || bytes < 0 || bytes > ImageFile.MAX_READ) {
      throw file.damaged("its bitmap directory has %d bytes".formatted(bytes));
    }
    var directory =
        file.read(extension.getLong(16), (int) bytes, ByteOrder.BIG_ENDIAN, "bitmap directory");
    var entries = new ArrayList<Entry>();
    while (entries.size() < count) {
      entries.add(entry(directory));
    }
    return entries;
  }

  private Entry entry(ByteBuffer directory) throws IOException {
    int start = directory.position();
    if (directory.remaining() < ENTRY_BYTES) {
      throw cutOff();
    }
    long table = directory.getLong();
    long tableEntries = Integer.toUnsignedLong(directory.getInt());
    int flags = directory.getInt();
    int type = directory.get() & 0xff;
    int granularityBits = directory.get() & 0xff;
    int nameLength = directory.getShort() & 0xffff;
    int extraLength = directory.getInt();
    if (extraLength < 0 || nameLength > directory.remaining() - extraLength) {
      throw cutOff();
    }
    directory.position(directory.position() + extraLength);
    byte[] name = new byte[nameLength];
    directory.get(name);
    int end = start + ((directory.position() - start + 7) & ~7);
    directory.position(Math.min(end, directory.limit()));
    return new Entry(
        new String(name, StandardCharsets.UTF_8),
        flags,
        type,
        granularityBits,
        table,
        tableEntries,
        extraLength == 0);
  }

  private ImageRefused cutOff() {
    return file.damaged("its bitmap directory ends within an entry");
  }

  /**
   * What a bitmap marks that is whole; empty where it does not cover the disk.
   *
   * @throws ImageRefused where it is damaged
   */
  static Optional<DirtyRanges> read(ImageFile file, Qcow2Header header, Entry entry)
      throws IOException {
    return new Qcow2Bitmaps(file, header.clusterBits()).read(entry, header.virtualSize());
  }

  private Optional<DirtyRanges> read(Entry entry, long size) throws IOException {
    long perByte = 8 * DirtyBitmap.GRANULARITY;
    long perCluster = perByte << clusterBits;
    long clusters = (size + perCluster - 1) / perCluster;
    if (entry.tableEntries() < clusters) {
      return Optional.empty();
    }
    var dirty = DirtyRanges.none();
    for (long i = 0; i < clusters; i++) {
      long start = i * perCluster;
      long place =
          file.read(entry.table() + i * 8, 8, ByteOrder.BIG_ENDIAN, "bitmap table").getLong();
      long offset = place & Qcow2Tables.OFFSET_MASK;
      if (offset != 0) {
        long needed = (Math.min(perCluster, size - start) + perByte - 1) / perByte;
        mark(dirty, file.readBytes(offset, (int) needed, "bitmap"), start);
      } else if ((place & ALL_ONES) != 0) {
        dirty.add(start, Math.min(size, start + perCluster));
      }
    }
    return Optional.of(dirty);
  }

  private static void mark(DirtyRanges dirty, byte[] bits, long start) {
    for (int i = 0; i < bits.length; i++) {
      for (int left = bits[i] & 0xff; left != 0; left &= left - 1) {
        long bit = i * 8L + Integer.numberOfTrailingZeros(left);
        long at = start + bit * DirtyBitmap.GRANULARITY;
        dirty.add(at, at + DirtyBitmap.GRANULARITY);
      }
    }
  }
}
