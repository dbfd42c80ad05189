package io.platen.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * A machine's disk, a qcow2 overlay over a raw base image, read straight from its two open files.
 * That needs no process, and what is read does not go through a socket.
 *
 * <p>Safe for use by several threads. The files are closed with the {@link OpenDisk} they are of,
 * which may come while another thread hangs in a call.
 */
public final class OverlayDisk {
  private final Disk.Machine disk;
  private final RawDisk overlay;
  private final RawDisk base;
  private final Qcow2Header header;

  OverlayDisk(Disk.Machine disk, RawDisk overlay, RawDisk base, Qcow2Header header) {
    this.disk = disk;
    this.overlay = overlay;
    this.base = base;
    this.header = header;
  }

  private static ImageFile file(Disk.Machine disk, RawDisk overlay) throws IOException {
    return ImageFile.of(disk.path(), DiskFormat.QCOW2, overlay.openChannel());
  }

  /** The two files. */
  public Disk.Machine files() {
    return disk;
  }

  /** The size of the disk in bytes. */
  public long size() {
    return header.virtualSize();
  }

  /** The size of the base image in bytes: behind it what is not in the overlay is zeros. */
  public long baseSize() {
    return base.size();
  }

  /** A way to what is where, for one thread. */
  public final class Map implements Closeable {
    private final ImageFile file = file(disk, overlay);
    private final OverlayMap map = header.map(file);

    private Map() throws IOException {}

    /** As {@link OverlayMap#at}. */
    public OverlayMap.Run at(long offset) throws IOException {
      return map.at(offset);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  public Map openMap() throws IOException {
    return new Map();
  }

  /** A channel to the overlay's file, which belongs to the caller. */
  public FileChannel openOverlay() throws IOException {
    return overlay.openChannel();
  }

  /** A channel to the base image, which belongs to the caller. */
  public FileChannel openBase() throws IOException {
    return base.openChannel();
  }

  /**
   * Looks whether anything wrote to the overlay since it was opened. A base image never changes.
   *
   * @throws DiskChanged if so
   */
  public void checkUnchanged() throws IOException {
    overlay.checkUnchanged();
  }
}
