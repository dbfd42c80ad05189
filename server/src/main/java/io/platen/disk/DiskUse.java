package io.platen.disk;

import io.platen.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/** Whether a program has a disk open, by QEMU's locks. */
public final class DiskUse {
  private static final Logger LOG = Logger.getLogger(DiskUse.class);

  private DiskUse() {}

  /**
   * Refuses where a program has the disk open for writing, as QEMU has while a machine runs, for
   * whoever runs it. A file system without locks can't tell: then nothing is refused.
   *
   * @throws DiskLocked where one has
   */
  public static void requireUnused(Path disk) throws IOException {
    if (!Files.isRegularFile(disk)) {
      return;
    }
    int descriptor = Linux.open(disk.toString());
    try {
      QemuLocks.keepWritersOut(descriptor, disk);
    } catch (DiskUnreadable e) {
      LOG.debugf("whether %s is in use is not known: %s", disk, e.getMessage());
    } finally {
      Linux.close(descriptor);
    }
  }
}
