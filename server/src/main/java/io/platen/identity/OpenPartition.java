package io.platen.identity;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.disk.ChildProcess;
import io.platen.disk.Command;
import io.platen.disk.Disk;
import io.platen.disk.Limits;
import io.platen.disk.Program;
import io.platen.disk.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * A partition of a machine's disk as a file that can be read and written, by QEMU's storage daemon
 * over FUSE. What is written goes to the machine's overlay, never to the base image.
 */
final class OpenPartition implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(OpenPartition.class);

  static final Program DAEMON =
      new Program(
          "qemu-storage-daemon",
          "qemu-system-common",
          "Fedora and RHEL: qemu-storage-daemon-core; Arch: qemu-base; Alpine: qemu-storage-daemon");
  private static final Program UMOUNT = new Program("umount", "mount", "util-linux everywhere");
  private static final Program FUSERMOUNT = new Program("fusermount3", "fuse3", "fuse3 everywhere");

  private static final Duration START = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(5);
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final ChildProcess daemon;

  private OpenPartition(Path file, ChildProcess daemon) {
    this.file = file;
    this.daemon = daemon;
  }

  /**
   * Opens it; nobody else may have the disk open.
   *
   * @param file where it is to appear
   * @throws IOException where there is no FUSE, or the disk is in use
   */
  static OpenPartition open(Disk.Machine disk, Partition partition, Path file)
      throws IOException, InterruptedException {
    disk.header();
    unmount(file);
    Files.write(file, new byte[0]);
    var arguments = new ArrayList<String>();
    for (var node :
        List.of(
            Map.of("driver", "file", "node-name", "overlay-file", "filename", disk.path() + ""),
            Map.of(
                "driver",
                "file",
                "node-name",
                "base-file",
                "filename",
                disk.base() + "",
                "read-only",
                true),
            Map.of("driver", "raw", "node-name", "base", "file", "base-file", "read-only", true),
            Map.of(
                "driver", "qcow2",
                "node-name", "disk",
                "file", "overlay-file",
                "backing", "base"),
            Map.of(
                "driver", "raw",
                "node-name", "partition",
                "file", "disk",
                "offset", partition.offset(),
                "size", partition.length()))) {
      arguments.addAll(List.of("--blockdev", JSON.writeValueAsString(node)));
    }
    arguments.addAll(
        List.of(
            "--export",
            JSON.writeValueAsString(
                Map.of(
                    "type", "fuse",
                    "id", "partition",
                    "node-name", "partition",
                    "mountpoint", file.toString(),
                    "writable", true))));
    var daemon =
        ChildProcess.start(
            new Command(DAEMON, arguments, Limits.changing(disk.header().virtualSize()), 0));
    var open = new OpenPartition(file, daemon);
    try {
      open.await(partition.length());
      return open;
    } catch (IOException | InterruptedException | RuntimeException e) {
      open.close();
      throw e;
    }
  }

  private void await(long length) throws IOException, InterruptedException {
    long limit = System.nanoTime() + START.toNanos();
    while (Files.size(file) != length) {
      if (daemon.waitFor(LOOK)) {
        throw new ToolFailed(
            DAEMON.name(),
            "could not open the disk",
            daemon.stderr(),
            "see its message; it needs /dev/fuse");
      }
      if (System.nanoTime() > limit) {
        throw new IOException(DAEMON.name() + " did not open the disk within 10 s");
      }
    }
  }

  Path file() {
    return file;
  }

  /** Takes away what a daemon left that was killed; nothing, where nothing is left. */
  private static void unmount(Path file) throws IOException, InterruptedException {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A mount point: busy, or its daemon is gone.
      LOG.infof("%s is left of an attempt that was cut off, and is unmounted", file);
      try {
        unmount(FUSERMOUNT, List.of("-u", "-z", file.toString()));
      } catch (IOException other) {
        LOG.debugf("fusermount3: %s", other.getMessage());
        unmount(UMOUNT, List.of("-l", file.toString()));
      }
      Files.deleteIfExists(file);
    }
  }

  private static void unmount(Program program, List<String> arguments)
      throws IOException, InterruptedException {
    ChildProcess.run(new Command(program, arguments, Limits.inspection(), 0), START);
  }

  /** Closes it; what was written is in the disk when this returns. */
  @Override
  public void close() throws IOException {
    daemon.close();
    Files.deleteIfExists(file);
  }
}
