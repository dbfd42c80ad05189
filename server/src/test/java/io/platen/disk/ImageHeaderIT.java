package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What QEMU makes is read as QEMU reads it. */
class ImageHeaderIT {
  private static final long GB = 1L << 30;

  @TempDir Path dir;

  static Stream<Arguments> images() {
    List<String> variants =
        List.of(
            "qcow2",
            "qcow2 compat=0.10",
            "qcow2 cluster_size=512",
            "qcow2 cluster_size=2M",
            "qcow2 extended_l2=on",
            "qcow2 compression_type=zstd",
            "qcow2 lazy_refcounts=on",
            "qcow2 preallocation=metadata",
            "qcow2 refcount_bits=64",
            "vmdk",
            "vmdk subformat=streamOptimized",
            "vmdk adapter_type=lsilogic,hwversion=6",
            "vdi",
            "vdi static=on",
            "vhdx",
            "vhdx subformat=fixed",
            "vhdx block_size=1M",
            "raw");
    return variants.stream()
        .flatMap(
            v ->
                Stream.of(3L << 20, (5L << 20) + 512 * 3, 3 * GB)
                    .filter(size -> size < GB || !v.matches(".*(static|fixed|=512).*"))
                    .map(size -> Arguments.of(v, size)));
  }

  @ParameterizedTest
  @MethodSource("images")
  void theVirtualSizeIsWhatQemuSays(String variant, long size) throws Exception {
    String[] parts = variant.split(" ", 2);
    Path image = create(parts[0], parts.length > 1 ? parts[1] : "", size);
    ImageHeader header = ImageHeader.read(image, DiskFormat.parse(parts[0]));
    assertThat(header.virtualSize()).isEqualTo(Shell.virtualSize(image, parts[0]));
    assertThat(header.virtualSize()).isEqualTo(size);
  }

  private Path create(String format, String options, long size)
      throws IOException, InterruptedException {
    Path image = dir.resolve("image." + format);
    String o = options.isEmpty() ? "" : "-o" + options;
    List<String> command =
        Stream.of("qemu-img", "create", "-q", "-f", format, o, image.toString(), "" + size)
            .filter(s -> !s.isEmpty())
            .toList();
    Shell.succeed(command.toArray(String[]::new));
    return image;
  }

  @Test
  void theLargestDiskPassesAndTheNextSectorDoesNot() throws Exception {
    ImageHeader.read(create("qcow2", "", ImageHeader.MAX_VIRTUAL_SIZE), DiskFormat.QCOW2);
    for (String format : List.of("qcow2", "raw", "vhdx")) {
      Path image = create(format, "", ImageHeader.MAX_VIRTUAL_SIZE + (1 << 20));
      assertThatThrownBy(() -> ImageHeader.read(image, DiskFormat.parse(format)))
          .as(format)
          .isInstanceOf(ImageRefused.class)
          .hasMessageContaining("the largest disk is 16000 GB");
    }
  }

  @Test
  void aRawDiskIsDataWhateverItHolds() throws Exception {
    Path qcow2 = create("qcow2", "", GB);
    assertThat(ImageHeader.read(qcow2, DiskFormat.RAW).virtualSize()).isEqualTo(Files.size(qcow2));
  }

  @Test
  void aRawDiskOfAnOddSizeIsExportedInWholeSectors() throws Exception {
    Path raw = Files.write(dir.resolve("odd.raw"), new byte[1000]);
    ImageHeader header = ImageHeader.read(raw, DiskFormat.RAW);
    assertThat(header.virtualSize()).isEqualTo(1000);
    assertThat(header.exportedSize()).isEqualTo(1024);
  }

  @Test
  void usedImagesWithSnapshotsAndBitmapsPass() throws Exception {
    Path image = Shell.convert(Shell.rawDisk(dir), dir.resolve("u.qcow2"), "qcow2");
    Shell.succeed("qemu-img", "snapshot", "-c", "one", image.toString());
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write 0 4M", image.toString());
    Shell.succeed("qemu-img", "bitmap", "--add", "-f", "qcow2", image.toString(), "b0");
    assertThat(ImageHeader.read(image, DiskFormat.QCOW2).virtualSize()).isEqualTo(24 << 20);
    Path compressed = Shell.convert(dir.resolve("disk.raw"), dir.resolve("c.qcow2"), "qcow2", "-c");
    assertThat(ImageHeader.read(compressed, DiskFormat.QCOW2).virtualSize()).isEqualTo(24 << 20);
  }

  @Test
  void whatIsNoDiskIsRefusedWithARemedy() throws Exception {
    assertThatThrownBy(() -> ImageHeader.read(dir.resolve("none"), DiskFormat.RAW))
        .isInstanceOf(DiskUnreadable.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> ImageHeader.read(dir, DiskFormat.RAW))
        .isInstanceOf(DiskUnreadable.class)
        .hasMessageContaining("neither a file nor a block device");
    Path fifo = dir.resolve("fifo");
    Shell.succeed("mkfifo", fifo.toString());
    assertThatThrownBy(() -> ImageHeader.read(fifo, DiskFormat.RAW))
        .isInstanceOf(DiskUnreadable.class);
    assertThatThrownBy(() -> ImageHeader.read(Path.of("/dev/zero"), DiskFormat.RAW))
        .isInstanceOf(DiskUnreadable.class);
    Path empty = Files.createFile(dir.resolve("empty"));
    for (DiskFormat format : DiskFormat.values()) {
      assertThatThrownBy(() -> ImageHeader.read(empty, format)).isInstanceOf(ImageRefused.class);
    }
  }

  @Test
  void anImageOfAnotherFormatIsRefused() throws Exception {
    for (DiskFormat made : DiskFormat.values()) {
      Path image = create(made.label(), "", 3 << 20);
      for (DiskFormat stated : DiskFormat.values()) {
        if (stated != made && stated != DiskFormat.RAW) {
          assertThatThrownBy(() -> ImageHeader.read(image, stated))
              .as("%s as %s", made, stated)
              .isInstanceOf(ImageRefused.class);
        }
      }
    }
  }
}
