package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QcowOverlayIT {
  private static final String NAME = "../../cache/base.raw";
  private static final long GB = 1L << 30;

  @TempDir Path dir;
  Path base = Path.of("");
  Path target = Path.of("");

  @BeforeEach
  void makeABaseImage() throws IOException {
    Path cache = Files.createDirectories(dir.resolve("cache"));
    base = Files.move(Shell.rawDisk(dir), cache.resolve("base.raw"));
    target = Files.createDirectories(dir.resolve("machines/ps1")).resolve("disk.qcow2");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {24L << 20, 24 * 1048576L + 512, 50 * GB, 512L << 20, 4096 * GB, 16_000 * GB})
  void qemuFindsAnOverlayOfEachSizeFlawlessAndEmpty(long size) throws Exception {
    QcowOverlay.create(target, base, NAME, size);

    assertThat(Shell.succeed("qemu-img", "check", "-f", "qcow2", target.toString()))
        .contains("No errors were found");
    assertThat(ImageHeader.readOverlay(target, base).virtualSize()).isEqualTo(size);
    assertThat(Shell.succeed("qemu-img", "info", "-f", "qcow2", "--output=json", target.toString()))
        .contains("\"virtual-size\": " + size + ",")
        .contains("\"backing-filename\": \"" + NAME + "\"")
        .contains("\"backing-filename-format\": \"raw\"");
  }

  @Test
  void aMachineReadsTheBaseWritesTheOverlayAndLeavesTheBaseAlone() throws Exception {
    byte[] before = Files.readAllBytes(base);
    QcowOverlay.create(target, base, NAME, 50 * GB);
    assertThat(
            Shell.succeed(
                "qemu-img", "compare", "-f", "raw", "-F", "qcow2", "" + base, "" + target))
        .contains("Images are identical");
    String writes =
        Shell.succeed(
            "qemu-io",
            "-f",
            "qcow2",
            "-c",
            "write -P 7 1000000 200000",
            "-c",
            "write -P 9 53687000064 65536",
            "-c",
            "read -P 7 1000000 200000",
            "-c",
            "read -P 9 53687000064 65536",
            "" + target);
    assertThat(writes).doesNotContain("failed").contains("read 65536/65536");
    assertThat(Shell.succeed("qemu-img", "check", "-f", "qcow2", target.toString()))
        .contains("No errors were found");
    assertThat(Files.readAllBytes(base)).isEqualTo(before);
    ImageHeader.readOverlay(target, base);
  }

  @Test
  void itsFileIsThisUsersAloneAndNothingElseIsLeft() throws Exception {
    QcowOverlay.create(target, base, NAME, 50 * GB);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rw-------");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(target.getParent())) {
      assertThat(files).containsExactly(target);
    }
  }

  @Test
  void aDiskThatIsThereIsNeverReplaced() throws Exception {
    Files.writeString(target, "precious");
    assertThatThrownBy(() -> QcowOverlay.create(target, base, NAME, 50 * GB))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(target).hasContent("precious");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(target.getParent())) {
      assertThat(files).containsExactly(target);
    }
  }

  @Test
  void sizesAndNamesThatMakeNoWorkingDiskAreRefused() {
    for (long size : new long[] {0, -512, 1 << 20, 24 * 1048576 + 1, 16_001 * GB}) {
      assertThatThrownBy(() -> QcowOverlay.create(target, base, NAME, size))
          .as("%s", size)
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (String name : new String[] {"", "json:{}", "nbd:unix:/x", "a".repeat(1024)}) {
      assertThatThrownBy(() -> QcowOverlay.create(target, base, name, GB))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> QcowOverlay.create(target, base, "base.raw", GB))
        .isInstanceOf(IOException.class);
    assertThat(target).doesNotExist();
  }

  @Test
  void anotherBaseThanTheExpectedOneIsRefused() throws Exception {
    QcowOverlay.create(target, base, NAME, GB);
    Path other = Files.copy(base, base.resolveSibling("other.raw"));
    assertThatThrownBy(() -> ImageHeader.readOverlay(target, other))
        .isInstanceOf(ImageRefused.class)
        .hasMessageContaining(NAME)
        .hasMessageContaining(other.toString());
    assertThatThrownBy(() -> ImageHeader.read(target, DiskFormat.QCOW2))
        .isInstanceOf(ImageRefused.class)
        .hasMessageContaining("has a backing file");
  }

  @Test
  void creatingOneIsFarFasterThanStartingAProcess() throws Exception {
    for (int i = 0; i < 20; i++) {
      QcowOverlay.create(target.resolveSibling("warm" + i), base, NAME, 50 * GB);
    }
    long start = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      QcowOverlay.create(target.resolveSibling("d" + i), base, NAME, 50 * GB);
    }
    double ms = (System.nanoTime() - start) / 50e6;
    System.out.printf("QcowOverlay.create: %.2f ms%n", ms);
    assertThat(ms).isLessThan(100); // a bound for a busy machine, not a measurement
  }
}
