package io.platen.disk;

import io.platen.linux.Linux;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file or block device that holds an image, opened once: what is checked, read and handed to QEMU
 * is this open file, whatever its path means by then. QEMU's locks are held against writers until
 * it is closed.
 *
 * <p>In a raw disk there is nothing to interpret, so no QEMU tool is needed; a file is read at the
 * speed of the page cache, and through qemu-nbd at a third of it.
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

  /** Longer than what any file system counts its times in. */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  /** How many calls use the descriptor; with CLOSED added, the last of them closes it. */
  private final AtomicInteger users = new AtomicInteger();

  private RawDisk(Path path, int descriptor, long size, FileVersion version) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
    this.version = version;
  }

  /**
   * Opens the file, and keeps writers out.
   *
   * @throws DiskUnreadable if there is no such file or block device, or it may not be read
   * @throws DiskLocked if another process has it open for writing
   */
  public static RawDisk open(Path path) throws IOException {
    return open(path, true);
  }

  /** Opens a file that a QEMU tool is about to write, which takes the locks itself. */
  static RawDisk openForQemuToWrite(Path path) throws IOException {
    return open(path, false);
  }

  private static RawDisk open(Path path, boolean locked) throws IOException {
    ImageFile.checkKind(path, path);
    int descriptor = openDescriptor(path);
    try {
      // Another one may have its name by now.
      ImageFile.checkKind(path, opened(descriptor));
      if (locked) {
        QemuLocks.keepWritersOut(descriptor, path);
      }
      // What it was before the locks were held says nothing.
      FileVersion version = FileVersion.of(path, opened(descriptor));
      try (FileChannel channel = FileChannel.open(opened(descriptor), StandardOpenOption.READ)) {
        return new RawDisk(path, descriptor, channel.size(), version);
      }
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
      throw e.errno() == Linux.EACCES
          ? ImageFile.forbidden(path, e)
          : new DiskUnreadable(path, "can't be opened", "check it and its storage", e);
    }
  }

  /** A name for the open file, whatever its path means by now: proc(5). */
  private static Path opened(int descriptor) {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  /** The same name as a child process has to use it. It is good until this is closed. */
  public String nameForChild() {
    return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor;
  }

  /** Its path when it was opened, for people to read. */
  public Path path() {
    return path;
  }

  boolean isBlockDevice() throws IOException {
    return ImageFile.isBlockDevice(opened(descriptor));
  }

  /** Which file it is, apart from all others of this host. */
  FileKey key() throws IOException {
    return FileKey.of(opened(descriptor));
  }

  /** Its length in bytes, which need not be a multiple of anything. */
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

  /**
   * What tells this file, and what it holds, from any other: equal ones mean that nothing was
   * written to it in between. Empty for a block device, of which nothing tells, and for a file that
   * was written to just now: the next change might get the same time.
   */
  Optional<String> print(Instant now) throws IOException {
    enter();
    try (FileChannel channel = FileChannel.open(opened(descriptor), StandardOpenOption.READ)) {
      // What is mapped into a program's memory gets a new time with its next change only after
      // this.
      channel.force(false);
      Map<String, Object> found =
          Files.readAttributes(
              opened(descriptor), "unix:dev,ino,size,lastModifiedTime,ctime,isRegularFile");
      var modified = (FileTime) Objects.requireNonNull(found.get("lastModifiedTime"));
      var changed = (FileTime) Objects.requireNonNull(found.get("ctime"));
      boolean settled =
          modified.toInstant().isBefore(now.minus(SETTLED))
              && changed.toInstant().isBefore(now.minus(SETTLED));
      return settled && Boolean.TRUE.equals(found.get("isRegularFile"))
          ? Optional.of(
              "%s:%s:%s:%s:%s"
                  .formatted(
                      found.get("dev"),
                      found.get("ino"),
                      found.get("size"),
                      modified.toInstant(),
                      changed.toInstant()))
          : Optional.empty();
    } finally {
      leave();
    }
  }

  /** The file as an image of this format, for reading its header. */
  ImageFile image(DiskFormat format) throws IOException {
    return ImageFile.of(path, format, openChannel());
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
