package io.platen.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A disk that can be read: what to open, and everything needed to open nothing else. */
public sealed interface Disk {
  /** The file or block device that holds the disk, or what was written to it last. */
  Path path();

  /**
   * The images that the disk consists of: the first is the disk's own, the last has nothing below.
   */
  List<Adopted> images();

  /** The disk of a machine that is managed elsewhere: a self-contained image or a volume. */
  record Adopted(Path path, DiskFormat format) implements Disk {
    @Override
    public List<Adopted> images() {
      return List.of(this);
    }

    /** Reads and checks the disk's header. */
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
    public List<Adopted> images() {
      return List.of(new Adopted(path, DiskFormat.QCOW2), new Adopted(base, DiskFormat.RAW));
    }

    /** Reads and checks the disk's header. */
    public ImageHeader header() throws IOException {
      return ImageHeader.readOverlay(path, base);
    }
  }

  /**
   * The disk of a machine that is managed elsewhere and may have snapshots: overlays over an image.
   * It has to come from somebody who knows which files the machine reads.
   *
   * @param stated of how many images it is known, whatever their headers say, what they stand on;
   *     the headers of the others have to say it
   */
  record Chain(List<Adopted> images, int stated) implements Disk {
    /** The most images of a chain. Libvirt allows 200; each is one more file to look into. */
    public static final int MAX_LENGTH = 64;

    public Chain {
      images = List.copyOf(images);
      if (images.isEmpty() || images.size() > MAX_LENGTH) {
        throw new IllegalArgumentException("a chain of " + images.size() + " images");
      }
      for (Adopted overlay : images.subList(0, images.size() - 1)) {
        if (overlay.format() != DiskFormat.QCOW2) {
          throw new IllegalArgumentException(overlay + " can't stand on another image");
        }
      }
    }

    @Override
    public Path path() {
      return images.getFirst().path();
    }
  }
}
