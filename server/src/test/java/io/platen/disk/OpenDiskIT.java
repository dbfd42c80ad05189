package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a QEMU tool has open has to be what was checked, and nothing else. */
class OpenDiskIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path dir;

  private Disk.Adopted disk = new Disk.Adopted(Path.of(""), DiskFormat.QCOW2);

  @BeforeEach
  void makeADisk() throws Exception {
    disk = new Disk.Adopted(dir.resolve("disk.qcow2"), DiskFormat.QCOW2);
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", "" + disk.path(), "1M");
  }

  /** A qemu-nbd that serves an image, once it listens: by then it has opened the image. */
  private ChildProcess serving(String image) throws Exception {
    Path socket = dir.resolve("s");
    List<String> arguments = List.of("--read-only", "--persistent", "-k", "" + socket, image);
    ChildProcess server =
        ChildProcess.start(new Command(Program.QEMU_NBD, arguments, Limits.reading(1 << 20), 0));
    await().until(() -> Files.exists(socket));
    return server;
  }

  @Test
  void aFileThatAHeaderNamedForAMomentIsNoticed() throws Exception {
    byte[] good = Files.readAllBytes(disk.path());
    Path secret = dir.resolve("secret");
    Path hostile = dir.resolve("hostile.qcow2");
    Shell.succeed(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + secret + ",data_file_raw=on",
        "" + hostile,
        "1M");
    try (OpenDisk open = OpenDisk.open(disk)) {
      Files.write(disk.path(), Files.readAllBytes(hostile), StandardOpenOption.WRITE);
      try (ChildProcess server = serving(BlockNode.of(open))) {
        Files.write(disk.path(), good, StandardOpenOption.WRITE);
        assertThatThrownBy(() -> open.checkOpenedBy(server)).isInstanceOf(DiskChanged.class);
      }
    }
  }

  @Test
  void aToolThatHasAnotherFileInsteadIsNoticed() throws Exception {
    Path other = Files.copy(disk.path(), dir.resolve("other.qcow2"));
    try (OpenDisk open = OpenDisk.open(disk);
        ChildProcess server = serving("" + other)) {
      assertThatThrownBy(() -> open.checkOpenedBy(server)).isInstanceOf(DiskChanged.class);
    }
  }

  @Test
  void aToolThatLacksAFileIsNoticed() throws Exception {
    try (OpenDisk open = OpenDisk.open(disk);
        ChildProcess server = serving("json:{\"driver\":\"null-co\",\"size\":1048576}")) {
      assertThatThrownBy(() -> open.checkOpenedBy(server)).isInstanceOf(DiskChanged.class);
    }
  }

  @Test
  void aToolThatHasTheCheckedFileOpenIsTrusted() throws Exception {
    try (OpenDisk open = OpenDisk.open(disk);
        ChildProcess server = serving(BlockNode.of(open))) {
      open.checkOpenedBy(server);
    }
  }
}
