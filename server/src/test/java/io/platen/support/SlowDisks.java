package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Makes reading some disks slow, so that a test does something while a capture is certain to run: a
 * {@code qemu-nbd} ahead of the real one in PATH, which puts QEMU's own throttle in front of disks
 * whose path has "slow" in it, and waits before it opens those with "gated" in it.
 */
@SuppressWarnings("InlineFormatString") // It is a script, and reads as one.
public final class SlowDisks {
  /** Bytes per second. */
  public static final int RATE = 4 << 20;

  private static final String SCRIPT =
      """
      #!/bin/sh
      for disk; do :; done
      case "$*" in
        *gated*) while [ -e "%1$s" ]; do sleep 0.05; done ;;
      esac
      case "$*" in
        *slow*)
          rest=$#
          for argument; do
            shift
            rest=$((rest - 1))
            [ $rest -eq 0 ] || set -- "$@" "$argument"
          done
          exec %2$s --object throttle-group,id=slow,x-bps-read=%3$d "$@" \\
            "json:{\\"driver\\":\\"throttle\\",\\"throttle-group\\":\\"slow\\",\\"read-only\\":true,\\"file\\":${disk#json:}}"
          ;;
      esac
      exec %2$s "$@"
      """;

  private final Path directory;
  private final Path gate;

  private SlowDisks(Path directory) {
    this.directory = directory;
    this.gate = directory.resolve("shut");
  }

  /** Makes the program in a new directory below this one. */
  public static SlowDisks in(Path parent) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(parent, "bin");
    var slow = new SlowDisks(directory);
    String real = Program.succeed("sh", "-c", "command -v qemu-nbd").strip();
    Path script =
        Files.writeString(directory.resolve("qemu-nbd"), SCRIPT.formatted(slow.gate, real, RATE));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return slow;
  }

  /** The PATH to start a server with. */
  public String path() {
    return directory + ":" + System.getenv("PATH");
  }

  /** From now on disks with "gated" in their path are not opened before {@link #open}. */
  public void shut() throws IOException {
    Files.createFile(gate);
  }

  public void open() throws IOException {
    Files.deleteIfExists(gate);
  }
}
