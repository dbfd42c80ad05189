package io.platen.disk;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Changes disks with {@code qemu-img}. */
public final class QemuImg {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private QemuImg() {}

  /**
   * Makes a machine's disk larger; one that has the size already is left as it is. QEMU's lock
   * keeps it from a disk that is in use.
   *
   * @param bytes the new size
   * @throws IOException where the disk is larger already, or can't be written
   */
  public static void grow(Disk.Machine disk, long bytes) throws IOException, InterruptedException {
    try (OpenDisk open = OpenDisk.openForQemuToWrite(disk)) {
      if (open.size() > bytes) {
        throw new IOException(
            "the disk %s has %d bytes, and would be cut to %d"
                .formatted(disk.path(), open.size(), bytes));
      }
      if (open.size() < bytes) {
        List<String> arguments =
            List.of("resize", "-q", "json:" + BlockNode.writable(open), Long.toString(bytes));
        try (ChildProcess child =
            ChildProcess.start(
                new Command(Program.QEMU_IMG, arguments, Limits.changing(bytes), 0))) {
          child.await(LIMIT);
        } catch (ToolFailed e) {
          throw e.with(open::withPaths);
        }
      }
    }
  }
}
