package io.platen.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * A machine's disk, a qcow2 overlay over a raw base image, open for reading straight from its two
 * files, with QEMU's locks held against writers until it is closed. That needs no process, and what
 * is read does not go through a socket.
 *
 * <p>Safe for use by several threads. {@link #close} may come while another thread hangs in a call.
 */
public final class OverlayDisk implements Closeable {
  private final Disk.Machine disk;
  private final RawDisk overlay;
  private final RawDisk base;
  private final Qcow2Header header;

  private OverlayDisk(Disk.Machine disk, RawDisk overlay, RawDisk base, Qcow2Header header) {
    this.disk = disk;
    this.overlay = overlay;
    this.base = base;
    this.header = header;
  }

  /**
   * Checks the overlay's header and opens the disk. Empty where only QEMU can read it: its user may
   * have compressed it, for example.
   *
   * @throws ImageRefused if the header does not pass
   * @throws DiskLocked if another process has the disk open for writing
   * @throws DiskUnreadable if it, or its base image, is missing or may not be read
   */
  public static Optional<OverlayDisk> open(Disk.Machine disk) throws IOException {
    RawDisk overlay = RawDisk.open(disk.path());
    try {
      RawDisk base = RawDisk.open(disk.base());
      try (ImageFile file = file(disk, overlay)) {
        Qcow2Header header = Qcow2Header.readOverlay(file, disk.path(), disk.base());
        ImageHeader.checked(file, DiskFormat.QCOW2, header.virtualSize());
        if (header.isPlain()) {
          return Optional.of(new OverlayDisk(disk, overlay, base, header));
        }
      } catch (IOException | RuntimeException e) {
        closeAfter(base, e);
        throw e;
      }
      base.close();
    } catch (IOException | RuntimeException e) {
      closeAfter(overlay, e);
      throw e;
    }
    overlay.close();
    return Optional.empty();
  }

  private static void closeAfter(RawDisk file, Exception failure) {
    try {
      file.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
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

  /** The length of the overlay's file in bytes: a cluster may go on behind it, with zeros. */
  public long overlayLength() {
    return overlay.size();
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

  @Override
  public void close() throws IOException {
    try {
      overlay.close();
    } finally {
      base.close();
    }
  }
}
