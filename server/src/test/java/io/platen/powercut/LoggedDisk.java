package io.platen.powercut;

import static org.awaitility.Awaitility.await;

import io.platen.support.Program;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A mounted ext4 file system on a disk with a write-back cache that is lost with the power: every
 * write and every flush that the kernel sends to the disk goes into a log, in their order.
 *
 * <pre>
 * ext4 of this kernel ─ loop device (write-back) ─ file of FUSE ─ qemu-storage-daemon: blklogwrites ─ file
 *                                                                                                └ log
 * </pre>
 *
 * <p>The loop device hands on one request after the other. With direct I/O it would hand on many at
 * once, which QEMU 7.2 mixes up: the log then has bytes of one write under the place of another.
 */
final class LoggedDisk implements AutoCloseable {
  private final Path log;
  private final Path mounted;
  private final Process daemon;
  private final String device;

  private LoggedDisk(Path log, Path mounted, Process daemon, String device) {
    this.log = log;
    this.mounted = mounted;
    this.daemon = daemon;
    this.device = device;
  }

  /**
   * Makes one, empty. In the directory are then "log"; "empty.raw", what the disk held before the
   * first write of the log; and "disk.raw", what it holds after the last.
   *
   * @param directory for its files
   * @param megabytes its size, of 2^20 bytes each
   */
  static LoggedDisk create(Path directory, int megabytes) throws Exception {
    Path image = directory.resolve("disk.raw");
    Program.succeed("/sbin/mke2fs", "-q", "-F", "-t", "ext4", image.toString(), megabytes + "M");
    Program.succeed(
        "cp", "--sparse=always", image.toString(), directory.resolve("empty.raw").toString());
    Path log = Files.createFile(directory.resolve("log"));
    Path exported = Files.createFile(directory.resolve("exported"));
    Process daemon =
        new ProcessBuilder(
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=image,discard=unmap,filename=" + image,
                "--blockdev",
                "driver=file,node-name=log,filename=" + log,
                "--blockdev",
                "driver=blklogwrites,node-name=logged,discard=unmap,file=image,log=log,log-sector-size=512",
                "--export",
                "type=fuse,id=export,node-name=logged,writable=on,mountpoint=" + exported)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("daemon.log").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(daemon::destroyForcibly));
    await("the export").atMost(Duration.ofSeconds(30)).until(() -> Files.size(exported) > 0);
    String device = Program.succeed("losetup", "-f", "--show", exported.toString()).strip();
    Path mounted = Files.createDirectory(directory.resolve("mounted"));
    Program.succeed("mount", "-t", "ext4", device, mounted.toString());
    return new LoggedDisk(log, mounted, daemon, device);
  }

  Path mounted() {
    return mounted;
  }

  /**
   * How long the log is now, in bytes. What was durable before this call lies before this position;
   * what is begun after it will lie behind.
   */
  long position() throws IOException {
    return Files.size(log);
  }

  @Override
  public void close() throws IOException {
    try {
      Program.succeed("umount", mounted.toString());
      Program.succeed("losetup", "-d", device);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before the file system was unmounted");
    } finally {
      daemon.destroy();
      daemon.onExit().join();
    }
  }
}
