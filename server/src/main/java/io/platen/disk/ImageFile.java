package io.platen.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An image file or block device, open for reading its header. Each read states its place and
 * length, and nothing beyond the file's end or above {@link #MAX_READ} is ever allocated.
 */
final class ImageFile implements Closeable {
  /** The largest structure that is read at once: a qcow2 cluster. */
  static final int MAX_READ = 2 << 20;

  private static final int TYPE_MASK = 0170000; // S_IFMT, inode(7)
  private static final int BLOCK_DEVICE = 0060000; // S_IFBLK

  private final Path path;
  private final DiskFormat format;
  private final FileChannel channel;
  private final long length;

  private ImageFile(Path path, DiskFormat format, FileChannel channel) throws IOException {
    this.path = path;
    this.format = format;
    this.channel = channel;
    this.length = channel.size(); // of a block device: its capacity
  }

  static ImageFile open(Path path, DiskFormat format) throws IOException {
    try {
      // Looked at before it is opened: opening a FIFO would wait for a writer.
      if (!Files.isRegularFile(path) && !isBlockDevice(path)) {
        throw new DiskUnreadable(
            path,
            "is neither a file nor a block device",
            "give the path of a disk image or of a volume",
            null);
      }
      return of(path, format, FileChannel.open(path, StandardOpenOption.READ));
    } catch (NoSuchFileException e) {
      throw new DiskUnreadable(
          path, "does not exist", "check the path, and that its storage is mounted", e);
    } catch (AccessDeniedException e) {
      throw new DiskUnreadable(
          path,
          "may not be read by the user " + System.getProperty("user.name"),
          "let that user read it, for example with setfacl -m u:USER:r, or with the group disk or"
              + " kvm",
          e);
    }
  }

  /** A file that is open already; it is closed with this. */
  static ImageFile of(Path path, DiskFormat format, FileChannel channel) throws IOException {
    try {
      return new ImageFile(path, format, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  static boolean isBlockDevice(Path path) throws IOException {
    return ((int) Files.getAttribute(path, "unix:mode") & TYPE_MASK) == BLOCK_DEVICE;
  }

  long length() {
    return length;
  }

  /** Reads exactly these bytes; the caller owns the buffer. {@code what} names them in errors. */
  ByteBuffer read(long offset, int count, ByteOrder order, String what) throws IOException {
    checkInside(offset, count, what);
    ByteBuffer buffer = ByteBuffer.allocate(count).order(order);
    readInto(buffer, offset, what);
    return buffer;
  }

  /** Reads exactly these bytes, for a text. */
  byte[] readBytes(long offset, int count, String what) throws IOException {
    checkInside(offset, count, what);
    byte[] bytes = new byte[count];
    readInto(ByteBuffer.wrap(bytes), offset, what);
    return bytes;
  }

  /** Fills the buffer from the offset, and flips it. */
  void readInto(ByteBuffer buffer, long offset, String what) throws IOException {
    checkInside(offset, buffer.remaining(), what);
    long position = offset;
    while (buffer.hasRemaining()) {
      int n = channel.read(buffer, position);
      if (n < 0) {
        throw truncated(what);
      }
      position += n;
    }
    buffer.flip();
  }

  /**
   * Refuses a structure that does not lie wholly within the file. Unsigned values overflow to
   * negative ones.
   */
  void checkInside(long offset, long count, String what) throws ImageRefused {
    if (offset < 0 || count < 0 || offset > length - count) {
      throw truncated(what);
    }
  }

  private ImageRefused truncated(String what) {
    return refused(
        "is truncated or damaged: its " + what + " is beyond the end of the file",
        "copy the image again, completely");
  }

  ImageRefused damaged(String problem) {
    return refused(
        "is damaged: " + problem,
        "check it with \"qemu-img check\", or copy the image again; also check that its format is "
            + format);
  }

  ImageRefused refused(String problem, String remedy) {
    return new ImageRefused(path, format, problem, remedy);
  }

  /** The remedy for what a flat copy of the disk does not have. */
  String convert() {
    return "make a self-contained copy where the image is trusted: qemu-img convert -f "
        + format
        + " -O qcow2 "
        + path.getFileName()
        + " copy.qcow2";
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
