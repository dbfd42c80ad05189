package io.platen.identity;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.disk.Disk;
import io.platen.disk.OpenDisk;
import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  private static final Duration LOOK = Duration.ofMillis(5);
  private static final JsonMapper JSON = new JsonMapper();

  private final OpenDisk disk;
  private final Path file;
  private final ChildProcess daemon;

  private OpenPartition(OpenDisk disk, Path file, ChildProcess daemon) {
    this.disk = disk;
    this.file = file;
    this.daemon = daemon;
  }

  /**
   * Opens it; no other process may have the disk open.
   *
   * @param file where it is to appear
   * @param work that it is a part of
   * @throws IOException where there is no FUSE, or the disk is in use
   */
  static OpenPartition open(Disk.Machine disk, Partition partition, Path file, TimedWork work)
      throws IOException, InterruptedException {
    unmount(file);
    OwnerOnly.createFile(file);
    OpenDisk open = OpenDisk.openForQemuToWrite(disk);
    try {
      return serve(open, partition, file, work);
    } catch (IOException | InterruptedException | RuntimeException e) {
      try {
        open.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static OpenPartition serve(OpenDisk disk, Partition partition, Path file, TimedWork work)
      throws IOException, InterruptedException {
    var daemon =
        ChildProcess.start(
            new Command(DAEMON, arguments(disk, partition, file), Limits.changing(disk.size()), 0));
    var open = new OpenPartition(disk, file, daemon);
    try {
      open.await(partition.length(), work);
      disk.checkOpenedBy(daemon);
      Sandbox.letNobodyHave(file);
      return open;
    } catch (IOException | InterruptedException | RuntimeException e) {
      open.end();
      throw e;
    }
  }

  private static List<String> arguments(OpenDisk disk, Partition partition, Path file)
      throws IOException {
    return List.of(
        "--blockdev",
        JSON.writeValueAsString(
            Map.of(
                "driver", "raw",
                "node-name", "partition",
                "file", JSON.readTree(disk.writableNode()),
                "offset", partition.offset(),
                "size", partition.length())),
        "--export",
        JSON.writeValueAsString(
            Map.of(
                "type",
                "fuse",
                "id",
                "partition",
                "node-name",
                "partition",
                "mountpoint",
                file.toString(),
                // A user who is not root shares it with no other user.
                "allow-other",
                HostUser.isRoot() ? "on" : "off",
                "writable",
                true)));
  }

  private void await(long length, TimedWork work) throws IOException, InterruptedException {
    long limit = System.nanoTime() + ChildProcess.BRIEF.toNanos();
    while (Files.size(file) != length) {
      if (daemon.waitFor(LOOK)) {
        throw new ToolFailed(
                DAEMON.name(),
                "could not open the disk",
                daemon.stderr(),
                "see its message; it needs /dev/fuse")
            .with(disk::withPaths);
      }
      var _ = work.left();
      if (System.nanoTime() > limit) {
        throw new IOException(
            "%s did not open the disk within %d s"
                .formatted(DAEMON.name(), ChildProcess.BRIEF.toSeconds()));
      }
    }
  }

  Path file() {
    return file;
  }

  /** Takes away what a daemon left that was killed; nothing, where nothing is left. */
  static void unmount(Path file) throws IOException, InterruptedException {
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
    ChildProcess.run(new Command(program, arguments, Limits.inspection(), 0), ChildProcess.BRIEF);
  }

  /** Closes it; what was written is in the disk when this returns. */
  @Override
  public void close() throws IOException {
    try (disk) {
      end();
    }
  }

  private void end() throws IOException {
    daemon.close();
    Files.deleteIfExists(file);
  }
}
