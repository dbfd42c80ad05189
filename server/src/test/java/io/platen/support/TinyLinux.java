package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** A disk that boots into a Linux that counts; made once for all tests. */
public final class TinyLinux {
  private static final Path SCRIPT = Path.of("src", "test", "scripts", "tiny-linux.sh");
  private static final Path DISK = Path.of("target", "tiny-linux.raw").toAbsolutePath();

  private TinyLinux() {}

  public static Path disk() throws Exception {
    return made(DISK);
  }

  /** The same with the real qemu-guest-agent in it. */
  public static Path diskWithAgent() throws Exception {
    return made(DISK.resolveSibling("tiny-linux-agent.raw"), "agent");
  }

  /** A small Debian with cloud-init and qemu-guest-agent. */
  public static Path debian() throws Exception {
    return made(DISK.resolveSibling("debian.raw"), "debian");
  }

  private static Path made(Path disk, String... options) throws Exception {
    return SharedFile.made(disk, SCRIPT, () -> make(disk, options));
  }

  private static void make(Path disk, String... options) throws Exception {
    Path made = disk.resolveSibling(disk.getFileName() + ".new");
    var command = new ArrayList<>(List.of("bash", SCRIPT.toString(), made.toString()));
    command.addAll(List.of(options));
    Program.succeed(command.toArray(String[]::new));
    Files.move(made, disk, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The file system of a disk, in a file of its own; there is nothing else on the disk. */
  public static Path fileSystem(Path disk, String format, Path target)
      throws IOException, InterruptedException {
    Program.succeed(
        "qemu-img",
        "dd",
        "-f",
        format,
        "-O",
        "raw",
        "bs=1M",
        "skip=1",
        "count=256",
        "if=" + disk,
        "of=" + target);
    return target;
  }

  /** A file of a file system that nobody writes to. */
  public static String file(Path fileSystem, String path) throws IOException, InterruptedException {
    return Program.succeed("debugfs", "-R", "cat " + path, fileSystem.toString());
  }
}
