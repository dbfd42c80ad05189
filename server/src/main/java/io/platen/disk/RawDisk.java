package io.platen.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A raw disk, open for reading straight from its file or block device, with QEMU's locks held
 * against writers until it is closed. There is nothing in it to interpret, so no QEMU tool is
 * needed; a file is read at the speed of the page cache, and through qemu-nbd at a third of it.
 *
 * <p>Safe for use by several threads. {@link #close} may come while another thread hangs in a call:
 * the file is closed when that ends.
 */
public final class RawDisk implements Closeable {
  private static final int CLOSED = Integer.MIN_VALUE;

  private final Path path;
  private final int descriptor;
  private final long size;
  private final FileVersion version;

  /** How many calls use the descriptor; with CLOSED added, the last of them closes it. */
  private final AtomicInteger users = new AtomicInteger();

  private RawDisk(Path path, int descriptor, long size, FileVersion version) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
    this.version = version;
  }

  /**
   * Opens the disk.
   *
   * @throws DiskUnreadable if there is no such file or block device, or it may not be read
   * @throws DiskLocked if another process has it open for writing
   */
  public static RawDisk open(Path path) throws IOException {
    long size = ImageHeader.read(path, DiskFormat.RAW).virtualSize();
    int descriptor = openDescriptor(path);
    try {
      QemuLocks.keepWritersOut(descriptor, path);
      FileVersion version = FileVersion.of(path, opened(descriptor));
      // Its length before the locks were held says nothing.
      try (FileChannel channel = FileChannel.open(opened(descriptor), StandardOpenOption.READ)) {
        if (channel.size() != size) {
          throw new DiskChanged(path);
        }
      }
      return new RawDisk(path, descriptor, size, version);
    } catch (IOException | RuntimeException e) {
      try {
        Linux.close(descriptor);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static int openDescriptor(Path path) throws DiskUnreadable {
    try {
      return Linux.open(path.toString());
    } catch (Linux.CallFailed e) {
      throw new DiskUnreadable(path, "can't be opened", "check it and its storage", e);
    }
  }

  /** A name for the open file, whatever its path means by now: proc(5). */
  private static Path opened(int descriptor) {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  /** Its size in bytes, which need not be a multiple of anything. */
  public long size() {
    return size;
  }

  /**
   * Looks whether anything wrote to it since it was opened.
   *
   * @throws DiskChanged if so
   */
  public void checkUnchanged() throws IOException {
    enter();
    try {
      version.check();
    } finally {
      leave();
    }
  }

  /** A channel to the open file, which belongs to the caller. */
  public FileChannel openChannel() throws IOException {
    enter();
    try {
      return FileChannel.open(opened(descriptor), StandardOpenOption.READ);
    } finally {
      leave();
    }
  }

  /** Where data starts at or after the offset; the disk's size where only a hole follows. */
  public long nextData(long offset) throws IOException {
    return seek(offset, Linux.SEEK_DATA);
  }

  /** Where a hole starts at or after the offset; the disk's size where only data follows. */
  public long nextHole(long offset) throws IOException {
    return seek(offset, Linux.SEEK_HOLE);
  }

  /** How many bytes of it are data: about what its file takes. */
  public long dataBytes() throws IOException {
    long bytes = 0;
    for (long at = nextData(0); at < size; ) {
      long hole = nextHole(at);
      bytes += hole - at;
      at = nextData(hole);
    }
    return bytes;
  }

  private long seek(long offset, int whence) throws IOException {
    enter();
    try {
      return Math.clamp(Linux.seek(descriptor, offset, whence), offset, size);
    } catch (Linux.CallFailed e) {
      return switch (e.errno()) {
        case Linux.ENXIO -> size;
        // A device or file system without holes: all is data.
        case Linux.EINVAL -> whence == Linux.SEEK_DATA ? offset : size;
        default -> throw new IOException(path + ": looking for holes failed: " + e.getMessage(), e);
      };
    } finally {
      leave();
    }
  }

  private void enter() throws IOException {
    if (users.getAndIncrement() < 0) {
      users.decrementAndGet();
      throw new IOException(path + " is closed");
    }
  }

  private void leave() throws IOException {
    if (users.decrementAndGet() == CLOSED) {
      Linux.close(descriptor);
    }
  }

  @Override
  public void close() throws IOException {
    int before = users.getAndAccumulate(CLOSED, (now, closed) -> now < 0 ? now : now + closed);
    if (before == 0) {
      Linux.close(descriptor);
    }
  }
}
