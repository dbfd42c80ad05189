package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images made to reach the host, and images that are damaged: refused, each with its reason. */
class HostileImageIT {
  @TempDir Path dir;
  Path raw = Path.of("");

  @BeforeEach
  void makeADisk() throws IOException {
    raw = Shell.rawDisk(dir);
  }

  private Path image(String format, String... options) throws Exception {
    Path image = Shell.convert(raw, dir.resolve("image." + format), format, options);
    ImageHeader.read(image, DiskFormat.parse(format)); // passes before it is changed
    return image;
  }

  private static void refused(Path image, DiskFormat format, String reason) {
    assertThatThrownBy(() -> ImageHeader.read(image, format))
        .isInstanceOfSatisfying(
            ImageRefused.class, e -> assertThat(e.remedy()).as("remedy").isNotBlank())
        .hasMessageContaining(image.toString())
        .hasMessageContaining(reason);
  }

  private static byte[] bigEndian(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static byte[] littleEndian(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] bigEndian(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  // qcow2

  @Test
  void aBackingFileOfTheHostIsRefusedHoweverItIsNamed() throws Exception {
    Path image = dir.resolve("b.qcow2");
    for (String name :
        new String[] {
          "/etc/passwd",
          "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}}",
          "nbd:unix:/run/x.sock",
          raw.toString()
        }) {
      Shell.succeed(
          "qemu-img",
          "create",
          "-u",
          "-q",
          "-f",
          "qcow2",
          "-F",
          "raw",
          "-b",
          name,
          "" + image,
          "1G");
      refused(image, DiskFormat.QCOW2, "has a backing file");
      assertThatThrownBy(() -> ImageHeader.readOverlay(image, dir.resolve("base.raw")))
          .isInstanceOf(ImageRefused.class);
    }
    // A file that exists and has the protocol's name is not what QEMU would open.
    Path odd = Files.copy(raw, dir.resolve("nbd:x"));
    Shell.succeed(
        "qemu-img",
        "create",
        "-u",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        "nbd:x",
        "" + image,
        "1G");
    assertThatThrownBy(() -> ImageHeader.readOverlay(image, odd)).isInstanceOf(ImageRefused.class);
  }

  @Test
  void anOverlayWhoseBaseWouldBeProbedIsRefused() throws Exception {
    Path image = dir.resolve("o.qcow2");
    QcowOverlay.create(image, raw, "disk.raw", 1 << 30);
    ImageHeader.readOverlay(image, raw);
    Shell.patch(image, 112, bigEndian(0x12345678)); // the extension with the format goes
    assertThatThrownBy(() -> ImageHeader.readOverlay(image, raw))
        .isInstanceOf(ImageRefused.class)
        .hasMessageContaining("does not say that its backing file is raw");
  }

  @Test
  void anExternalDataFileIsRefused() throws Exception {
    Path image = dir.resolve("d.qcow2");
    Shell.succeed(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + dir.resolve("data"),
        "" + image,
        "1G");
    refused(image, DiskFormat.QCOW2, "data in another file");
    Shell.patch(image, 72, bigEndian(0L)); // only the name is left
    refused(image, DiskFormat.QCOW2, "data in another file");
  }

  @Test
  void unknownFeaturesEncryptionAndTheMarkOfCorruptionAreRefused() throws Exception {
    Path image = image("qcow2");
    Shell.patch(image, 72, bigEndian(1L << 5));
    refused(image, DiskFormat.QCOW2, "unknown features (bits 0x20)");
    Shell.patch(image, 72, bigEndian(1L << 63));
    refused(image, DiskFormat.QCOW2, "unknown features");
    Shell.patch(image, 72, bigEndian(2L));
    refused(image, DiskFormat.QCOW2, "marked as corrupt");
    Shell.patch(image, 72, bigEndian(8L));
    refused(image, DiskFormat.QCOW2, "compression type");
    Shell.patch(image, 104, (byte) 7);
    refused(image, DiskFormat.QCOW2, "unknown compression type 7");
    Shell.patch(image, 104, (byte) 0);
    Shell.patch(image, 72, bigEndian(1L)); // dirty: readable
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.patch(image, 32, bigEndian(1));
    refused(image, DiskFormat.QCOW2, "is encrypted");
  }

  @Test
  void luksEncryptionIsRefused() throws Exception {
    Path image = dir.resolve("e.qcow2");
    Shell.createEncrypted(image);
    refused(image, DiskFormat.QCOW2, "is encrypted");
  }

  @Test
  void impossibleSizesAndTablesAreRefused() throws Exception {
    Path image = image("qcow2");
    Shell.patch(image, 24, bigEndian(100L << 40));
    refused(image, DiskFormat.QCOW2, "has a disk of 102400 GB");
    Shell.patch(image, 24, bigEndian(-1L));
    refused(image, DiskFormat.QCOW2, "the largest disk");
    Shell.patch(image, 24, bigEndian(0L));
    refused(image, DiskFormat.QCOW2, "empty");
    Shell.patch(image, 24, bigEndian(1L << 40));
    refused(image, DiskFormat.QCOW2, "L1 table has 1 entries");
    Shell.patch(image, 24, bigEndian(24L << 20));
    Shell.patch(image, 36, bigEndian(1 << 30));
    refused(image, DiskFormat.QCOW2, "L1 table");
    Shell.patch(image, 36, bigEndian(1));
    Shell.patch(image, 40, bigEndian(1L << 50));
    refused(image, DiskFormat.QCOW2, "L1 table is beyond the end");
    Shell.patch(image, 40, bigEndian(0x30001L));
    refused(image, DiskFormat.QCOW2, "not at the start of a cluster");
    Shell.patch(image, 40, bigEndian(0x30000L));
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.patch(image, 56, bigEndian(1 << 20));
    refused(image, DiskFormat.QCOW2, "reference count table");
  }

  @Test
  void headerExtensionsAreWalkedWithinTheHeader() throws Exception {
    Path image = image("qcow2");
    Shell.patch(image, 116, bigEndian(-1));
    refused(image, DiskFormat.QCOW2, "extension is longer");
    ByteBuffer many = ByteBuffer.allocate(65536 - 112);
    while (many.hasRemaining()) {
      many.putInt(0x01020304).putInt(0);
    }
    Shell.patch(image, 112, many.array());
    refused(image, DiskFormat.QCOW2, "more than 64 header extensions");
  }

  @Test
  void aTruncatedImageIsFoundWhereverItEnds() throws Exception {
    Path image = image("qcow2");
    long length = Files.size(image);
    for (long cut : new long[] {length - 65536, length / 2, 0x40001, 0x30000, 65536, 200, 71, 3}) {
      Shell.truncate(image, cut);
      assertThatThrownBy(() -> ImageHeader.read(image, DiskFormat.QCOW2))
          .as("cut at %s", cut)
          .isInstanceOf(ImageRefused.class);
    }
  }

  @Test
  void tablesThatOverlapToMakeEndlessWorkAreRefused() throws Exception {
    Path image = dir.resolve("t.qcow2");
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", "" + image, "1000G");
    Shell.truncate(image, 0x50000);
    ByteBuffer l1 = ByteBuffer.allocate(2000 * 8);
    while (l1.hasRemaining()) {
      l1.putLong(0x40000);
    }
    Shell.patch(image, 0x30000, l1.array());
    refused(image, DiskFormat.QCOW2, "L2 tables overlap");
  }

  @Test
  void clustersThatAreNotWhollyInTheFileAreRefused() throws Exception {
    Path image = image("qcow2", "-c");
    long l2 = at(image, 0x30000, ByteOrder.BIG_ENDIAN) & Qcow2Tables.OFFSET_MASK;
    long entry = at(image, l2, ByteOrder.BIG_ENDIAN);
    long sectors = 127L << 54; // the count of a cluster of 64 KiB is above 54 bits of offset
    Shell.patch(image, l2, bigEndian(1L << 62 | sectors | Files.size(image) - 100));
    refused(image, DiskFormat.QCOW2, "of byte 0 of the disk");
    Shell.patch(image, l2, bigEndian(1L << 62 | (1L << 54) - 1));
    refused(image, DiskFormat.QCOW2, "data is beyond the end");
    // A cluster that begins in the last sector, as the writer of a shorter one may leave it.
    Shell.patch(image, l2, bigEndian(1L << 62 | Files.size(image) - 100));
    Shell.truncate(image, Files.size(image) - 10);
    refused(image, DiskFormat.QCOW2, "data is beyond the end");
    Shell.truncate(image, Files.size(image) + 10);
    Shell.patch(image, l2, bigEndian(entry));
    for (long plain : new long[] {Long.MAX_VALUE & ~(1L << 62), 0x00ff_ffff_ffff_0000L, 1L << 55}) {
      Shell.patch(image, l2, bigEndian(plain & ~1L));
      refused(image, DiskFormat.QCOW2, "data is beyond the end");
    }
    Shell.patch(image, l2, bigEndian(1L << 55 | 1)); // zeros, wherever it says that they are
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.patch(image, 0x30000, bigEndian(1L << 55));
    refused(image, DiskFormat.QCOW2, "L2 table is beyond the end");
  }

  @Test
  void aDirectoryOfBitmapsCountsWhileTheImageHasBitmaps() throws Exception {
    Path image = dir.resolve("b.qcow2");
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", "" + image, "8M");
    Shell.succeed("qemu-img", "bitmap", "--add", "" + image, "bitmap");
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.truncate(image, Files.size(image) - 1);
    refused(image, DiskFormat.QCOW2, "bitmap directory is beyond the end");
    Shell.patch(image, 88, bigEndian(0L));
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.succeed("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 0 0 8M", "" + image);
  }

  /** Each of them would be decompressed to see whether it is whole. */
  @Test
  void compressedClustersThatOverlapAtTheEndAreRefused() throws Exception {
    Path image = dir.resolve("o.qcow2");
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", "" + image, "512M");
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -c -P 7 0 64k", "" + image);
    long l2 = at(image, 0x30000, ByteOrder.BIG_ENDIAN) & Qcow2Tables.OFFSET_MASK;
    long entry = at(image, l2, ByteOrder.BIG_ENDIAN);
    Shell.truncate(image, Files.size(image)); // within a sector
    assertThat(Files.size(image) % 512).isNotZero();
    ImageHeader.read(image, DiskFormat.QCOW2);
    ByteBuffer table = ByteBuffer.allocate(65536);
    while (table.hasRemaining()) {
      table.putLong(entry);
    }
    Shell.patch(image, l2, table.array());
    refused(image, DiskFormat.QCOW2, "compressed clusters overlap");
  }

  @Test
  void subclustersCountOneByOne() throws Exception {
    Path image = dir.resolve("s.qcow2");
    Shell.succeed(
        "qemu-img", "create", "-q", "-f", "qcow2", "-o", "extended_l2=on", "" + image, "8M");
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 4k", "" + image);
    long l2 = at(image, 0x30000, ByteOrder.BIG_ENDIAN) & Qcow2Tables.OFFSET_MASK;
    long cluster = at(image, l2, ByteOrder.BIG_ENDIAN) & Qcow2Tables.OFFSET_MASK;
    Shell.truncate(image, cluster + 4096);
    ImageHeader.read(image, DiskFormat.QCOW2); // its two allocated ones are there
    Shell.truncate(image, cluster + 4095);
    refused(image, DiskFormat.QCOW2, "data is beyond the end");
    Shell.patch(image, l2 + 8, bigEndian(1L << 32)); // zeros
    ImageHeader.read(image, DiskFormat.QCOW2);
    Shell.patch(image, l2 + 8, bigEndian(1L << 31)); // the last one
    refused(image, DiskFormat.QCOW2, "data is beyond the end");
  }

  private static long at(Path image, long offset, ByteOrder order) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(image.toFile(), "r")) {
      f.seek(offset);
      byte[] bytes = new byte[8];
      f.readFully(bytes);
      return ByteBuffer.wrap(bytes).order(order).getLong();
    }
  }

  // VMDK

  @Test
  void grainsAndTablesThatAreNotWhollyInTheFileAreRefused() throws Exception {
    Path image = image("vmdk");
    long directory = at(image, 56, ByteOrder.LITTLE_ENDIAN) * 512;
    int table = (int) at(image, directory, ByteOrder.LITTLE_ENDIAN);
    byte[] first = Arrays.copyOf(littleEndian(at(image, table * 512L, ByteOrder.LITTLE_ENDIAN)), 4);
    Shell.patch(image, table * 512L, (byte) -1, (byte) -1, (byte) -1, (byte) -1);
    refused(image, DiskFormat.VMDK, "of byte 0 of the disk");
    int last = (int) (Files.size(image) / 512) - 1;
    Shell.patch(image, table * 512L, Arrays.copyOf(littleEndian(last), 4));
    refused(image, DiskFormat.VMDK, "data is beyond the end");
    Shell.patch(image, table * 512L, Arrays.copyOf(littleEndian(1), 4)); // the first sector
    ImageHeader.read(image, DiskFormat.VMDK);
    Shell.patch(image, table * 512L, first);
    Shell.patch(image, directory, (byte) -1, (byte) -1, (byte) -1, (byte) -1);
    refused(image, DiskFormat.VMDK, "grain table is beyond the end");
  }

  @Test
  void grainTablesThatOverlapToMakeEndlessWorkAreRefused() throws Exception {
    Path image = image("vmdk");
    Shell.patch(image, 12, littleEndian(1000L << 21)); // 1000 GB
    Shell.patch(image, 56, littleEndian(2048));
    ByteBuffer directory = ByteBuffer.allocate(32000 * 4).order(ByteOrder.LITTLE_ENDIAN);
    while (directory.hasRemaining()) {
      directory.putInt(3000);
    }
    Shell.patch(image, 2048 * 512, directory.array());
    Shell.patch(image, 3000 * 512, new byte[2048]);
    refused(image, DiskFormat.VMDK, "grain tables overlap");
    Shell.patch(image, 44, Arrays.copyOf(littleEndian(1), 4));
    refused(image, DiskFormat.VMDK, "grain directory has 16384000 entries");
  }

  @Test
  void compressedGrainsThatAreNotWhollyInTheFileAreRefused() throws Exception {
    Path image = image("vmdk", "-o", "subformat=streamOptimized");
    long directory = at(image, 56, ByteOrder.LITTLE_ENDIAN) * 512;
    long table = (at(image, directory, ByteOrder.LITTLE_ENDIAN) & 0xffff_ffffL) * 512;
    long end = Files.size(image) / 512 * 512;
    Shell.patch(image, table, Arrays.copyOf(littleEndian(end / 512 - 1), 4));
    for (int length : new int[] {501, 131072, 0, 131073, -1}) {
      Shell.patch(image, end - 512 + 8, Arrays.copyOf(littleEndian(length), 4));
      refused(
          image,
          DiskFormat.VMDK,
          length > 0 && length <= 131072 ? "data is beyond the end" : "a compressed grain has");
    }
    Shell.patch(image, 8, Arrays.copyOf(littleEndian(0x10001), 4));
    refused(image, DiskFormat.VMDK, "compressed without markers");
  }

  private void descriptor(Path image, String from, String to) throws IOException {
    byte[] area = new byte[20 * 512];
    try (RandomAccessFile f = new RandomAccessFile(image.toFile(), "r")) {
      f.seek(512);
      f.readFully(area);
    }
    String text = new String(area, StandardCharsets.ISO_8859_1).replaceAll("(?s)\0.*", "");
    assertThat(text).contains(from);
    byte[] changed = text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    Shell.patch(image, 512, Arrays.copyOf(changed, area.length));
  }

  @Test
  void aDescriptorThatPointsElsewhereIsRefused() throws Exception {
    String extent = "RW 49152 SPARSE \"image.vmdk\"";
    String[][] changes = {
      {"parentCID=ffffffff", "parentCID=12345678", "parent disk"},
      {"parentCID=ffffffff", "parentCID=ffffffff\nparentFileNameHint=\"/etc/passwd\"", "parent"},
      {extent, "RW 49152 FLAT \"/etc/passwd\" 0", "type FLAT"},
      {extent, "RW 49152 VMFS \"other-flat.vmdk\"", "type VMFS"},
      {extent, "RW 49152 ZERO", "type ZERO"},
      {extent, "RW 49152 SPARSE \"/etc/passwd\"", "another directory"},
      {extent, "RW 49152 SPARSE \"..\\..\\secret\"", "another directory"},
      {extent, extent + "\nRW 1 FLAT \"/etc/shadow\" 0", "2 extents"},
      {extent, "", "0 extents"},
      {"monolithicSparse", "monolithicFlat", "spread over files"},
      {"monolithicSparse", "fullDevice", "devices"},
      {"createType", "nothing", "does not say what it is"},
    };
    for (String[] change : changes) {
      Path image = image("vmdk");
      descriptor(image, change[0], change[1]);
      refused(image, DiskFormat.VMDK, change[2]);
    }
  }

  @Test
  void aParentIsFoundWhereQemuLooksForItWhateverTheHeaderSays() throws Exception {
    Path image = image("vmdk");
    descriptor(image, "ddb.toolsVersion", "# parentFileNameHint=\"/etc/passwd\"\nddb.toolsVersion");
    Shell.patch(image, 36, littleEndian(1)); // a descriptor of one sector
    refused(image, DiskFormat.VMDK, "parent");
  }

  @Test
  void otherKindsOfVmdkAreRefused() throws Exception {
    for (String kind :
        new String[] {"monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"}) {
      Path image = Shell.convert(raw, dir.resolve("k.vmdk"), "vmdk", "-o", "subformat=" + kind);
      refused(image, DiskFormat.VMDK, "descriptor");
    }
    Path image = image("vmdk");
    Shell.patch(image, 0, "COWD".getBytes(StandardCharsets.US_ASCII));
    refused(image, DiskFormat.VMDK, "VMware ESX");
  }

  @Test
  void impossibleVmdkHeadersAreRefused() throws Exception {
    Path image = image("vmdk");
    Shell.patch(image, 12, littleEndian(0)); // QEMU opens what the descriptor names then
    refused(image, DiskFormat.VMDK, "empty");
    Shell.patch(image, 12, littleEndian(100L << 31));
    refused(image, DiskFormat.VMDK, "the largest disk");
    Shell.patch(image, 12, littleEndian(49152));
    Shell.patch(image, 28, littleEndian(5));
    refused(image, DiskFormat.VMDK, "no descriptor behind its header");
    Shell.patch(image, 28, littleEndian(1));
    Shell.patch(image, 56, littleEndian(1L << 40));
    refused(image, DiskFormat.VMDK, "grain directory");
    Path stream = image("vmdk", "-o", "subformat=streamOptimized");
    Shell.patch(stream, 56, littleEndian(-1)); // the directory's place is in a footer
    refused(stream, DiskFormat.VMDK, "footer");
    Shell.truncate(stream, Files.size(stream) / 2);
    refused(stream, DiskFormat.VMDK, "truncated");
  }

  @Test
  void aStreamWithAFooterPasses() throws Exception {
    Path stream = image("vmdk", "-o", "subformat=streamOptimized");
    byte[] header = Arrays.copyOf(Files.readAllBytes(stream), 512);
    ByteBuffer footer = ByteBuffer.allocate(1536).order(ByteOrder.LITTLE_ENDIAN);
    footer.putLong(0, 1).putInt(12, 3).put(512, header);
    Shell.patch(stream, 56, littleEndian(-1));
    Shell.patch(stream, (Files.size(stream) + 511) / 512 * 512, footer.array());
    assertThat(ImageHeader.read(stream, DiskFormat.VMDK).virtualSize())
        .isEqualTo(Shell.virtualSize(stream, "vmdk"));
  }

  // VDI

  @Test
  void vdiImagesThatBuildOnOthersOrAreDamagedAreRefused() throws Exception {
    Path image = image("vdi");
    Shell.patch(image, 76, littleEndian(4));
    refused(image, DiskFormat.VDI, "differencing");
    Shell.patch(image, 76, littleEndian(1));
    Shell.patch(image, 440, (byte) 1);
    refused(image, DiskFormat.VDI, "builds on another image");
    Shell.patch(image, 440, (byte) 0);
    Shell.patch(image, 368, littleEndian(100L << 40));
    refused(image, DiskFormat.VDI, "has a disk of 102400 GB");
    Shell.patch(image, 368, littleEndian(48L << 20));
    refused(image, DiskFormat.VDI, "24 blocks");
    Shell.patch(image, 368, littleEndian(24L << 20));
    ImageHeader.read(image, DiskFormat.VDI);
    Shell.truncate(image, Files.size(image) - (2 << 20));
    refused(image, DiskFormat.VDI, "data is beyond the end");
    Shell.patch(image, 68, (byte) 9);
    refused(image, DiskFormat.VDI, "version 1.1");
  }

  @Test
  void eachBlockOfAVdiHasToBeInTheFile() throws Exception {
    Path image = image("vdi");
    int map = (int) at(image, 340, ByteOrder.LITTLE_ENDIAN);
    byte[] before = Arrays.copyOf(littleEndian(at(image, map, ByteOrder.LITTLE_ENDIAN)), 4);
    for (long block : new long[] {1000, 0x7fffffffL, 0xfffffffdL}) {
      Shell.patch(image, map, Arrays.copyOf(littleEndian(block), 4));
      refused(image, DiskFormat.VDI, "of byte 0 of the disk");
    }
    for (long none : new long[] {0xfffffffeL, 0xffffffffL}) {
      Shell.patch(image, map, Arrays.copyOf(littleEndian(none), 4));
      ImageHeader.read(image, DiskFormat.VDI);
    }
    Shell.patch(image, map, before);
    Shell.patch(image, 340, Arrays.copyOf(littleEndian(0xfffffe00L), 4));
    refused(image, DiskFormat.VDI, "block map is beyond the end");
  }

  // VHDX

  /** Changes a checksummed structure and makes its checksum right again. */
  private static void repatch(Path image, int at, int length, int offset, byte... bytes)
      throws IOException {
    Shell.patch(image, at + offset, bytes);
    byte[] all = new byte[length];
    try (RandomAccessFile f = new RandomAccessFile(image.toFile(), "r")) {
      f.seek(at);
      f.readFully(all);
    }
    Arrays.fill(all, 4, 8, (byte) 0);
    CRC32C crc = new CRC32C();
    crc.update(all);
    Shell.patch(image, at + 4L, Arrays.copyOf(littleEndian(crc.getValue()), 4));
  }

  @Test
  void vhdxImagesThatNeedAReplayOrAParentOrAreDamagedAreRefused() throws Exception {
    Path image = image("vhdx");
    for (int header : new int[] {64 << 10, 128 << 10}) {
      repatch(image, header, 4096, 48, (byte) 1);
    }
    refused(image, DiskFormat.VHDX, "log has to be replayed");
    for (int header : new int[] {64 << 10, 128 << 10}) {
      repatch(image, header, 4096, 48, (byte) 0);
    }
    ImageHeader.read(image, DiskFormat.VHDX);

    byte[] bytes = Files.readAllBytes(image);
    int metadata = find(bytes, "metadata");
    assumeThat(metadata).isPositive();
    int parameters = metadata + (64 << 10);
    Shell.patch(image, parameters + 4L, (byte) 2);
    refused(image, DiskFormat.VHDX, "differencing");
    Shell.patch(image, parameters + 4L, (byte) 0);
    Shell.patch(image, parameters + 8L, littleEndian(100L << 40));
    refused(image, DiskFormat.VHDX, "has a disk of 102400 GB");
    Shell.patch(image, parameters + 8L, littleEndian(24L << 20));
    ImageHeader.read(image, DiskFormat.VHDX);

    Shell.patch(image, (192 << 10) + 100L, (byte) 1); // the copy of the region table counts
    ImageHeader.read(image, DiskFormat.VHDX);
    Shell.patch(image, (256 << 10) + 100L, (byte) 1);
    refused(image, DiskFormat.VHDX, "region tables");
    Shell.patch(image, 64 << 10, (byte) 0);
    Shell.patch(image, 128 << 10, (byte) 0);
    refused(image, DiskFormat.VHDX, "neither of its two headers");
  }

  @Test
  void eachBlockOfAVhdxHasToBeInTheFile() throws Exception {
    Path image = image("vhdx");
    byte[] bytes = Files.readAllBytes(image);
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    // The region table's entries have 32 bytes: a GUID, then the place.
    int region = (192 << 10) + 16;
    region += all.getInt(region) == 0x2dc27766 ? 0 : 32;
    int entry = (int) all.getLong(region + 16);
    assertThat(all.getLong(entry) & 7).isEqualTo(6);
    long before = all.getLong(entry);
    for (long place : new long[] {Files.size(image) - (1 << 20), 1L << 63, ~0xfffffL}) {
      Shell.patch(image, entry, littleEndian(place | 6));
      refused(image, DiskFormat.VHDX, "of byte 0 of the disk");
    }
    Shell.patch(image, entry, littleEndian(before | 7));
    refused(image, DiskFormat.VHDX, "need another file");
    Shell.patch(image, entry, littleEndian(4));
    refused(image, DiskFormat.VHDX, "unknown state");
    for (long zeros : new long[] {0, 1, 2, 3, 5}) {
      Shell.patch(image, entry, littleEndian(1L << 63 | zeros));
      ImageHeader.read(image, DiskFormat.VHDX);
    }
    // A disk of more blocks than the table has entries for.
    int metadata = find(bytes, "metadata");
    Shell.patch(image, metadata + (64 << 10) + 8L, littleEndian(16000L << 30));
    refused(image, DiskFormat.VHDX, "its block table has");
  }

  private static int find(byte[] bytes, String mark) {
    for (int at = 1 << 20; at < bytes.length; at += 1 << 16) {
      if (new String(bytes, at, 8, StandardCharsets.ISO_8859_1).equals(mark)) {
        return at;
      }
    }
    return -1;
  }
}
