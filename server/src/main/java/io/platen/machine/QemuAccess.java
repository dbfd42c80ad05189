package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.disk.Disk;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.QemuUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Lets QEMU's user get at the disks of machines that run: it may pass through the directories above
 * them, and read base images and seeds. The disks themselves are given to it by libvirt, for as
 * long as a machine runs.
 */
public final class QemuAccess {
  private static final Logger LOG = Logger.getLogger(QemuAccess.class);

  /** How many paths one process is given. */
  private static final int BATCH = 500;

  private final Hypervisor hypervisor;
  private final DataDirectory data;

  public QemuAccess(Hypervisor hypervisor, DataDirectory data) {
    this.hypervisor = hypervisor;
    this.data = data;
  }

  /**
   * Lets it get at one machine's disk, and at its seed if it has one.
   *
   * @return whether that was needed: QEMU runs as another user than this process
   * @throws IOException where the file system has no access control lists
   */
  boolean give(String machineId, Disk.Machine disk, @Nullable Path seed)
      throws IOException, InterruptedException {
    var user = hypervisor.qemuUser();
    if (user.isEmpty()) {
      return false;
    }
    user.get().letThrough(data.root(), data.cache(), data.machines(), data.machine(machineId));
    user.get().letRead(seed == null ? new Path[] {disk.base()} : new Path[] {disk.base(), seed});
    user.get().keepOurs(disk.path());
    return true;
  }

  /** Gives back what closing the data directory took: a machine may be started by others too. */
  public void giveBack(List<Machine> machines) throws InterruptedException {
    try {
      var user = hypervisor.isThere() ? hypervisor.qemuUser() : Optional.<QemuUser>empty();
      if (user.isPresent()) {
        giveBack(user.get(), machines);
      }
    } catch (IOException e) {
      LOG.warnf("QEMU's user can't reach the disks of machines: %s", e.getMessage());
    }
  }

  private void giveBack(QemuUser user, List<Machine> machines)
      throws IOException, InterruptedException {
    var directories = new ArrayList<>(List.of(data.root(), data.cache(), data.machines()));
    var images = new LinkedHashSet<Path>();
    for (var machine : machines) {
      var base = machine.disk().base();
      if (base != null && Files.exists(data.machineDomain(machine.id()))) {
        directories.add(data.machine(machine.id()));
        images.add(data.baseImage(base.indexDigest()));
      }
    }
    images.removeIf(image -> !Files.exists(image));
    for (int i = 0; i < directories.size(); i += BATCH) {
      user.letThrough(batch(directories, i));
    }
    var all = List.copyOf(images);
    for (int i = 0; i < all.size(); i += BATCH) {
      user.letRead(batch(all, i));
    }
  }

  private static Path[] batch(List<Path> paths, int from) {
    return paths.subList(from, Math.min(from + BATCH, paths.size())).toArray(Path[]::new);
  }
}
