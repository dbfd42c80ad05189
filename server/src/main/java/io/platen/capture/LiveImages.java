package io.platen.capture;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.DiskUnreadable;
import io.platen.disk.ImageHeader;
import io.platen.disk.ImageRefused;
import java.io.IOException;
import java.util.List;
import org.jboss.logging.Logger;

/** The image files of a machine that runs, which is reading and writing them. */
final class LiveImages {
  private static final Logger LOG = Logger.getLogger(LiveImages.class);

  private LiveImages() {}

  /**
   * Looks whether the files hold all that their tables place in them. The machine's QEMU reads
   * zeros behind the end of a file that was cut short, as any other does.
   *
   * <p>A file that this process may not read is not looked into: libvirt gives the files of a
   * machine that runs to QEMU's user, and the copy comes from QEMU.
   *
   * @param images the disk's own first
   * @param size the size of the disk that QEMU serves
   */
  static void check(List<Disk.Adopted> images, long size) throws IOException {
    for (var image : images) {
      try {
        var header = ImageHeader.readInUse(image.path(), image.format());
        boolean isRawDisk = image.format() == DiskFormat.RAW && images.size() == 1;
        if (isRawDisk && header.exportedSize() < size) {
          throw new ImageRefused(
              image.path(),
              image.format(),
              "is truncated: the machine has a disk of %d bytes on it, and it has %d"
                  .formatted(size, header.virtualSize()),
              "copy the image again, completely");
        }
      } catch (DiskUnreadable e) {
        LOG.infof("whether %s is all there is not known: %s", image.path(), e.getMessage());
      }
    }
  }
}
