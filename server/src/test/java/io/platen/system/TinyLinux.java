package io.platen.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk that boots into a Linux that counts; made once for all tests. */
final class TinyLinux {
  private static final Path SCRIPT = Path.of("src", "test", "scripts", "tiny-linux.sh");
  private static final Path DISK = Path.of("target", "tiny-linux.raw").toAbsolutePath();

  /** Where its only partition begins, for the tools of ext4. */
  static final int PARTITION = 1 << 20;

  private TinyLinux() {}

  static synchronized Path disk() throws Exception {
    if (!Files.exists(DISK)
        || Files.getLastModifiedTime(DISK).compareTo(Files.getLastModifiedTime(SCRIPT)) < 0) {
      Path made = DISK.resolveSibling("tiny-linux.new");
      Program.succeed("bash", SCRIPT.toString(), made.toString());
      Files.move(
          made,
          DISK,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
    return DISK;
  }

  /** A file of the guest's, read from its raw disk while nobody writes to that. */
  static String file(Path raw, String path) throws IOException, InterruptedException {
    var ended = Program.run(List.of("debugfs", "-R", "cat " + path, raw + "?offset=" + PARTITION));
    return ended.out();
  }
}
