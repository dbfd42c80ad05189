package io.platen.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** A disk that boots into a Linux that counts; made once for all tests. */
final class TinyLinux {
  private static final Path SCRIPT = Path.of("src", "test", "scripts", "tiny-linux.sh");
  private static final Path DISK = Path.of("target", "tiny-linux.raw").toAbsolutePath();

  /** Where its only partition begins, for the tools of ext4. */
  static final int PARTITION = 1 << 20;

  private TinyLinux() {}

  static Path disk() throws Exception {
    return made(DISK);
  }

  /** The same with the real qemu-guest-agent in it. */
  static Path diskWithAgent() throws Exception {
    return made(DISK.resolveSibling("tiny-linux-agent.raw"), "agent");
  }

  private static synchronized Path made(Path disk, String... options) throws Exception {
    if (!Files.exists(disk)
        || Files.getLastModifiedTime(disk).compareTo(Files.getLastModifiedTime(SCRIPT)) < 0) {
      Path made = disk.resolveSibling(disk.getFileName() + ".new");
      var command = new ArrayList<>(List.of("bash", SCRIPT.toString(), made.toString()));
      command.addAll(List.of(options));
      Program.succeed(command.toArray(String[]::new));
      Files.move(made, disk, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
    return disk;
  }

  /** A file of the guest's, read from its raw disk while nobody writes to that. */
  static String file(Path raw, String path) throws IOException, InterruptedException {
    var ended = Program.run(List.of("debugfs", "-R", "cat " + path, raw + "?offset=" + PARTITION));
    return ended.out();
  }
}
