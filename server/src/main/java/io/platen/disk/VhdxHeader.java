package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The headers, region table and metadata of a Hyper-V image, little-endian. Source of the format:
 * MS-VHDX, "Virtual Hard Disk v2 (VHDX) File Format"; numbers in comments are its sections.
 */
final class VhdxHeader {
  private static final int KB64 = 64 << 10;
  private static final long MB = 1 << 20;
  private static final int MAX_ENTRIES = 2047; // 2.2.3.1, 2.6.1.1
  private static final int MAX_SECTOR = 4096;
  private static final long MAX_REGION = 1L << 32;

  private static final UUID BAT = UUID.fromString("2dc27766-f623-4200-9d64-115e9bfd4a08");
  private static final UUID METADATA = UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e");
  private static final UUID PARAMETERS = UUID.fromString("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
  private static final UUID SIZE = UUID.fromString("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
  private static final UUID SECTOR = UUID.fromString("8141bf1d-a96f-4709-ba47-f233a8faab5f");
  private static final UUID PHYSICAL = UUID.fromString("cda348c7-445d-4471-9cc9-e9885251c556");
  private static final UUID PAGE_83 = UUID.fromString("beca12ab-b2e6-4523-93ef-c309e000c746");
  private static final UUID PARENT = UUID.fromString("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

  /** A part of the file: metadata, or the block table. */
  record Region(long offset, long length) {}

  private record Regions(Region metadata, Region blocks) {}

  private final ImageFile file;

  private VhdxHeader(ImageFile file) {
    this.file = file;
  }

  /** Reads and checks everything but the block table. */
  static VhdxBlocks read(ImageFile file) throws IOException {
    VhdxHeader header = new VhdxHeader(file);
    header.checkHeaders();
    Regions regions = header.findRegions();
    return header.readMetadata(regions.metadata(), regions.blocks());
  }

  private ByteBuffer read(long offset, int count, String what) throws IOException {
    return file.read(offset, count, ByteOrder.LITTLE_ENDIAN, what);
  }

  /** 2.2.2: of the two headers the valid one with the higher sequence number counts. */
  private void checkHeaders() throws IOException {
    if (!startsWith(read(0, 8, "file identifier"), "vhdxfile")) {
      throw file.damaged("it does not start with the mark of a VHDX image");
    }
    @Nullable ByteBuffer current = null;
    for (int i = 1; i <= 2; i++) {
      ByteBuffer h = read((long) i * KB64, 4096, "header");
      if (startsWith(h, "head")
          && isIntact(h)
          && (current == null || Long.compareUnsigned(h.getLong(8), current.getLong(8)) > 0)) {
        current = h;
      }
    }
    if (current == null) {
      throw file.damaged("neither of its two headers is intact");
    }
    if (current.getShort(66) != 1 || current.getShort(64) != 0) {
      throw file.refused("is of an unknown version", file.convert());
    }
    // 2.3: the log holds changes, as it always does while a machine runs.
    if ((current.getLong(48) | current.getLong(56)) != 0 && !file.isInUse()) {
      throw file.refused(
          "was not closed properly, its log has to be replayed first",
          "shut the machine down, then replay the log with \"qemu-img check -r all -f vhdx\"");
    }
  }

  /** 2.2.3: two copies of the region table; an intact one counts. */
  private Regions findRegions() throws IOException {
    for (int i = 3; i <= 4; i++) {
      ByteBuffer table = read((long) i * KB64, KB64, "region table");
      if (startsWith(table, "regi") && isIntact(table)) {
        return findRegions(table);
      }
    }
    throw file.damaged("neither of its two region tables is intact");
  }

  private Regions findRegions(ByteBuffer table) throws IOException {
    int count = table.getInt(8);
    if (count < 0 || count > MAX_ENTRIES) {
      throw file.damaged("its region table has " + Integer.toUnsignedString(count) + " entries");
    }
    @Nullable Region metadata = null;
    @Nullable Region blocks = null;
    for (int i = 0; i < count; i++) {
      int at = 16 + 32 * i;
      UUID id = guid(table, at);
      long offset = table.getLong(at + 16);
      long length = Integer.toUnsignedLong(table.getInt(at + 24));
      boolean required = (table.getInt(at + 28) & 1) != 0;
      if (id.equals(METADATA) || id.equals(BAT)) {
        if (offset < MB || offset % MB != 0 || length == 0 || length > MAX_REGION) {
          throw file.damaged("a region is out of bounds");
        }
        Region region = new Region(offset, length);
        file.checkInside(offset, 1, "region");
        if (id.equals(BAT)) {
          file.checkInside(offset, length, "block table");
          blocks = region;
        } else {
          metadata = region;
        }
      } else if (required) {
        throw file.refused("needs the unknown region " + id, file.convert());
      }
    }
    if (metadata == null || blocks == null) {
      throw file.damaged("its metadata or block table is missing");
    }
    return new Regions(metadata, blocks);
  }

  /** 2.6: finds the size of the disk, and whatever makes it depend on another image. */
  private VhdxBlocks readMetadata(Region region, Region blocks) throws IOException {
    if (region.length() < KB64) {
      throw file.damaged("its metadata is too short");
    }
    ByteBuffer table = read(region.offset(), KB64, "metadata table");
    int count = table.getShort(10) & 0xffff;
    if (!startsWith(table, "metadata") || count > MAX_ENTRIES) {
      throw file.damaged("its metadata table is not one");
    }
    long size = -1;
    int block = 0;
    int sector = 0;
    for (int i = 0; i < count; i++) {
      int at = 32 + 32 * i;
      UUID id = guid(table, at);
      long offset = Integer.toUnsignedLong(table.getInt(at + 16));
      long length = Integer.toUnsignedLong(table.getInt(at + 20));
      boolean required = (table.getInt(at + 24) & 4) != 0;
      if (id.equals(PARAMETERS)) {
        block = readBlockSize(item(region, offset, length, 8));
      } else if (id.equals(SIZE)) {
        size = item(region, offset, length, 8).getLong(0);
      } else if (id.equals(SECTOR)) {
        sector = checkSector(item(region, offset, length, 4).getInt(0));
      } else if (id.equals(PARENT)) {
        throw file.refused("is a differencing image, which needs another file", file.convert());
      } else if (required && !id.equals(PHYSICAL) && !id.equals(PAGE_83)) {
        throw file.refused("needs the unknown metadata " + id, file.convert());
      }
    }
    if (size < 0 || block == 0 || sector == 0) {
      throw file.damaged("its metadata does not say how large the disk is");
    }
    return new VhdxBlocks(size, block, sector, blocks);
  }

  private ByteBuffer item(Region region, long offset, long length, int expected)
      throws IOException {
    if (length != expected || offset < KB64 || offset > region.length() - length) {
      throw file.damaged("a metadata item is out of bounds");
    }
    return read(region.offset() + offset, expected, "metadata");
  }

  private int readBlockSize(ByteBuffer parameters) throws ImageRefused {
    int block = parameters.getInt(0);
    if (block < MB || block > 256 * MB || Integer.bitCount(block) != 1) { // 2.6.2.1
      throw file.damaged("its block size is " + Integer.toUnsignedString(block));
    }
    if ((parameters.getInt(4) & 2) != 0) {
      throw file.refused("is a differencing image, which needs another file", file.convert());
    }
    return block;
  }

  private int checkSector(int sector) throws ImageRefused {
    if (sector != 512 && sector != MAX_SECTOR) { // 2.6.2.4
      throw file.damaged("its sector size is " + Integer.toUnsignedString(sector));
    }
    return sector;
  }

  /** The checksum is CRC-32C over the structure with its own four bytes (at 4) as zeros. */
  private static boolean isIntact(ByteBuffer structure) {
    int stored = structure.getInt(4);
    CRC32C crc = new CRC32C();
    byte[] bytes = new byte[structure.limit()];
    structure.get(0, bytes);
    crc.update(bytes, 0, 4);
    crc.update(new byte[4], 0, 4);
    crc.update(bytes, 8, bytes.length - 8);
    return (int) crc.getValue() == stored;
  }

  private static boolean startsWith(ByteBuffer buffer, String text) {
    byte[] expected = text.getBytes(StandardCharsets.US_ASCII);
    return buffer.slice(0, expected.length).equals(ByteBuffer.wrap(expected));
  }

  /** GUIDs are stored with their first three fields little-endian. */
  private static UUID guid(ByteBuffer buffer, int at) {
    long high =
        Integer.toUnsignedLong(buffer.getInt(at)) << 32
            | (buffer.getShort(at + 4) & 0xffffL) << 16
            | (buffer.getShort(at + 6) & 0xffffL);
    return new UUID(high, Long.reverseBytes(buffer.getLong(at + 8)));
  }
}
