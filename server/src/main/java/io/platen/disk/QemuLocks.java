package io.platen.disk;

import io.platen.linux.Linux;
import java.io.IOException;
import java.nio.file.Path;

/**
 * QEMU's locks of an image file, taken as QEMU takes them for a reader that allows no writer.
 *
 * <p>Each permission of QEMU's block layer has a number: consistent read 0, write 1, resize 3. Who
 * uses permission n holds a shared lock on byte 100 + n of the file; who does not let others use it
 * holds one on byte 200 + n. Locks belong to the open file (F_OFD_SETLK). Everyone takes their own
 * first and then looks for those of others, so that of two who come at once at least one gives way.
 * Source: the facts of block/file-posix.c and include/block/block-common.h of QEMU 7.2 (since 2.10
 * unchanged).
 */
final class QemuLocks {
  private static final int USED = 100;
  private static final int UNSHARED = 200;
  private static final int READ = 0;
  private static final int[] WRITES = {1, 3};

  private QemuLocks() {}

  /**
   * Keeps writers out for as long as the file is open.
   *
   * @throws DiskLocked if there is a writer, or a process that allows no reader
   */
  static void keepWritersOut(int descriptor, Path path) throws IOException {
    try {
      Linux.lockShared(descriptor, USED + READ);
      for (int write : WRITES) {
        Linux.lockShared(descriptor, UNSHARED + write);
      }
      boolean taken = Linux.isLockedElsewhere(descriptor, UNSHARED + READ);
      for (int write : WRITES) {
        taken |= Linux.isLockedElsewhere(descriptor, USED + write);
      }
      if (taken) {
        throw new DiskLocked(path);
      }
    } catch (Linux.CallFailed e) {
      if (e.errno() == Linux.EAGAIN || e.errno() == Linux.EACCES) {
        throw new DiskLocked(path);
      }
      throw new DiskUnreadable(
          path,
          "can't be locked against writers",
          "check that its file system has locks: a network file system has to be mounted with them",
          e);
    }
  }
}
