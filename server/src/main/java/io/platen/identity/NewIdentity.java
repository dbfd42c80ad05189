package io.platen.identity;

import io.platen.disk.Disk;
import io.platen.disk.RawDisk;
import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Gives the Linux on a machine's new disk an identity of its own: machine-id, host name, SSH host
 * keys, and no seed of randomness that another machine has too. Where that can't be done, it is
 * said, and the machine starts as it is: cloud-init does most of it as well.
 */
public final class NewIdentity {
  private static final Logger LOG = Logger.getLogger(NewIdentity.class);

  /**
   * For all that is done to one disk: a dozen programs, in less than a second. A busy host takes a
   * hundred times as long, and a machine that is given up keeps the keys of another.
   */
  public static final Duration LIMIT = Duration.ofMinutes(5);

  /** Why it is not, where it is not possible. */
  public static final String IMPOSSIBLE =
      "the server does not run as root, and the kernel mounts the disk (FUSE) for no other user; cloud-init in the guest makes new SSH host keys and a host name all the same";

  private static final String DONE = "identity";

  /** What that was for the disk before the present one. */
  private static final String FORMER = "identity.former";

  /** Of the directory for the work on one disk. */
  private static final String PREFIX = "identity-";

  /** The partition, the files that are to be written to it. */
  private static final String OPEN = "disk";

  private static final String FILES = "files";

  private final Path mounts;

  /**
   * With a directory for partitions that are open.
   *
   * @param mounts for this user alone
   */
  public NewIdentity(Path mounts) {
    this.mounts = mounts;
  }

  /**
   * Removes what a crash left of work on disks: new keys above all. To be called at start, before
   * any of it begins.
   */
  public void recover() throws IOException, InterruptedException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(mounts, PREFIX + "*")) {
      for (var place : left) {
        clear(place);
      }
    }
  }

  /**
   * Whether this process can: for others than root fusermount3 mounts, which needs privileges that
   * no child process of Platen's may gain.
   */
  public static boolean isPossible() {
    return HostUser.isRoot();
  }

  /** What it is done with. */
  public static List<Program> programs() {
    return List.of(
        OpenPartition.DAEMON,
        Partition.SFDISK,
        Ext4.E2FSCK,
        Ext4.DEBUGFS,
        Sandbox.BWRAP,
        SystemIdentity.KEYGEN);
  }

  /**
   * Makes sure that the programs can be confined here.
   *
   * @throws IOException where they can't; the message says why
   */
  public static void checkSandbox() throws IOException, InterruptedException {
    Sandbox.empty().check(new TimedWork("the sandbox", LIMIT));
  }

  /**
   * Whether a disk was given one, or was found to be one that can't be.
   *
   * @param directory of the machine
   */
  public static boolean isDone(Path directory) {
    return Files.exists(directory.resolve(DONE));
  }

  /**
   * Has the disk be given one: another has taken the place of the one that was, which has none.
   *
   * @param directory of the machine
   */
  public static void forget(Path directory) throws IOException {
    if (isDone(directory)) {
      Files.move(
          directory.resolve(DONE), directory.resolve(FORMER), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Takes {@link #forget} back: the former disk is there again. */
  public static void remember(Path directory) throws IOException {
    Path former = directory.resolve(FORMER);
    if (Files.exists(former)) {
      Files.move(former, directory.resolve(DONE), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Gives it, if that has not been done to this disk before. To be called while no process has the
   * disk open. The disk is changed as a whole, or not at all: the work is done on a copy, which is
   * small as long as the machine has not run.
   *
   * @param name the machine's name, from which that of the host is made
   * @param work that it is a part of
   * @throws TimedWork.Cancelled when that was cancelled
   */
  public void give(String machineId, String name, Disk.Machine disk, TimedWork work)
      throws IOException, InterruptedException {
    Path directory = Path.of(String.valueOf(disk.path().getParent()));
    Path done = directory.resolve(DONE);
    if (Files.exists(done)) {
      return;
    }
    String what;
    try {
      what = given(machineId, Hostname.of(name, machineId), disk, work);
      LOG.infof("%s has an identity of its own: %s", machineId, what);
    } catch (TimedWork.Cancelled e) {
      throw e;
    } catch (IOException e) {
      what = "unchanged: " + e.getMessage();
      LOG.warnf(
          "the disk of %s keeps the identity of the machine it was captured from: %s",
          machineId, e.getMessage());
    }
    OwnerOnly.write(done, what + "\n");
  }

  private String given(String machineId, String hostname, Disk.Machine disk, TimedWork work)
      throws IOException, InterruptedException {
    if (!isPossible()) {
      throw new IOException(IMPOSSIBLE);
    }
    Path place = mounts.resolve(PREFIX + machineId);
    Path copy = disk.path().resolveSibling("disk.identity");
    clear(place);
    Files.deleteIfExists(copy);
    var _ = OwnerOnly.createDirectory(place);
    // Nobody may have the disk open while another takes its place.
    try (var _ = RawDisk.open(disk.path())) {
      Files.copy(disk.path(), copy);
      var changes = changed(new Disk.Machine(copy, disk.base()), hostname, place, work);
      replace(disk.path(), copy);
      return String.join(", ", changes);
    } finally {
      Files.deleteIfExists(copy);
      clear(place);
    }
  }

  private static List<String> changed(
      Disk.Machine disk, String hostname, Path place, TimedWork work)
      throws IOException, InterruptedException {
    for (var partition : partitions(disk, place, work)) {
      try (var open = OpenPartition.open(disk, partition, place.resolve(OPEN), work)) {
        if (Ext4.isAt(open.file())) {
          var sandbox = Sandbox.of(open.file(), place.resolve(FILES));
          var ext4 = new Ext4(open.file(), sandbox, work);
          var changes = new SystemIdentity(ext4, hostname, keys(place), work).renew();
          if (!changes.isEmpty()) {
            return changes;
          }
        }
      }
    }
    throw new IOException(
        "it has no ext4 file system with /etc in it; virt-sysprep can change others");
  }

  private static List<Partition> partitions(Disk.Machine disk, Path place, TimedWork work)
      throws IOException, InterruptedException {
    long size = disk.header().virtualSize();
    try (var open = OpenPartition.open(disk, new Partition(0, size), place.resolve(OPEN), work)) {
      var sandbox = Sandbox.of(open.file(), place.resolve(FILES));
      sandbox.check(work);
      return Partition.of(sandbox, size, work);
    }
  }

  private static Path keys(Path place) throws IOException {
    Path keys = place.resolve("keys");
    var _ = OwnerOnly.createDirectory(keys);
    return keys;
  }

  /** Durably: the machine that is started next changes the new one. */
  private static void replace(Path disk, Path copy) throws IOException {
    try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(copy, disk, StandardCopyOption.ATOMIC_MOVE);
    Path directory = Path.of(String.valueOf(disk.getParent()));
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void clear(Path place) throws IOException, InterruptedException {
    if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      OpenPartition.unmount(place.resolve(OPEN));
      OwnerOnly.deleteTree(place);
    }
  }
}
