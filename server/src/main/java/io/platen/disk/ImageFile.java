package io.platen.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
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

  private final Path path;
  private final DiskFormat format;
  private final FileChannel channel;
  private final boolean inUse;
  private long length;

  private ImageFile(Path path, DiskFormat format, FileChannel channel, boolean inUse)
      throws IOException {
    this.path = path;
    this.format = format;
    this.channel = channel;
    this.inUse = inUse;
    this.length = channel.size(); // of a block device: its capacity
  }

  /**
   * Opens a file.
   *
   * @param inUse whether a machine may be writing to it
   */
  static ImageFile open(Path path, DiskFormat format, boolean inUse) throws IOException {
    checkKind(path, path);
    try {
      return of(path, format, FileChannel.open(path, StandardOpenOption.READ), inUse);
    } catch (AccessDeniedException e) {
      throw forbidden(path, e);
    }
  }

  /**
   * Refuses what is neither a file nor a block device; before it is opened, because opening a FIFO
   * would wait for a writer.
   *
   * @param path its path, for people
   * @param name the name to look at
   */
  static void checkKind(Path path, Path name) throws IOException {
    try {
      FileKey key = FileKey.of(name);
      if (!key.isRegularFile() && !key.isBlockDevice()) {
        throw new DiskUnreadable(
            path,
            "is neither a file nor a block device",
            "give the path of a disk image or of a volume",
            null);
      }
    } catch (NoSuchFileException e) {
      throw new DiskUnreadable(
          path, "does not exist", "check the path, and that its storage is mounted", e);
    } catch (AccessDeniedException e) {
      throw forbidden(path, e);
    }
  }

  static DiskUnreadable forbidden(Path path, IOException cause) {
    return new DiskUnreadable(
        path,
        "may not be read by the user " + System.getProperty("user.name"),
        "let that user read it, for example with setfacl -m u:USER:r, or with the group disk or"
            + " kvm",
        cause);
  }

  /** A file that is open already, and that no process writes to; it is closed with this. */
  static ImageFile of(Path path, DiskFormat format, FileChannel channel) throws IOException {
    return of(path, format, channel, false);
  }

  private static ImageFile of(Path path, DiskFormat format, FileChannel channel, boolean inUse)
      throws IOException {
    try {
      return new ImageFile(path, format, channel, inUse);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  static boolean isBlockDevice(Path path) throws IOException {
    return FileKey.of(path).isBlockDevice();
  }

  /** In bytes; of a file that is in use, as it was when it was last too short. */
  long length() {
    return length;
  }

  /** Whether a machine may be writing to it. */
  boolean isInUse() {
    return inUse;
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

  /** Refuses a structure that does not lie wholly within the file. */
  void checkInside(long offset, long count, String what) throws IOException {
    if (!isInside(offset, count)) {
      throw truncated(what);
    }
  }

  /**
   * Refuses data of the disk that does not lie wholly within the file.
   *
   * @param disk where on the disk it belongs, in bytes
   */
  void checkData(long offset, long count, long disk) throws IOException {
    if (!isInside(offset, count)) {
      throw truncatedData(offset, count, disk);
    }
  }

  /** Unsigned values overflow to negative ones. */
  private boolean isInside(long offset, long count) throws IOException {
    if (offset < 0 || count < 0) {
      return false;
    }
    if (offset > length - count && inUse) {
      length = channel.size(); // what is written meanwhile makes it longer
    }
    return offset <= length - count;
  }

  private ImageRefused truncated(String what) {
    return refused(
        "is truncated or damaged: its " + what + " is beyond the end of the file",
        "copy the image again, completely");
  }

  ImageRefused truncatedData(long offset, long count, long disk) {
    return refused(
        "is truncated or damaged: its data is beyond the end of the file, which has "
            + length
            + " bytes (of byte "
            + disk
            + " of the disk, at "
            + Long.toUnsignedString(offset)
            + " with "
            + count
            + " bytes)",
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
