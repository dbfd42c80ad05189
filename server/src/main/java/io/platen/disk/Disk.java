package io.platen.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A disk that can be read: what to open, and everything needed to open nothing else. */
public sealed interface Disk {
  /** The file or block device that holds the disk. */
  Path path();

  /** Reads and checks the disk's header. */
  ImageHeader header() throws IOException;

  /** The disk of a machine that is managed elsewhere: a self-contained image or a volume. */
  record Adopted(Path path, DiskFormat format) implements Disk {
    @Override
    public ImageHeader header() throws IOException {
      return ImageHeader.read(path, format);
    }
  }

  /**
   * The disk of a machine that Platen launched.
   *
   * @param path the qcow2 overlay
   * @param base the raw base image below it
   */
  record Machine(Path path, Path base) implements Disk {
    @Override
    public ImageHeader header() throws IOException {
      return ImageHeader.readOverlay(path, base);
    }
  }
}
