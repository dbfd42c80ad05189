package io.platen.template;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.DiskUnreadable;
import io.platen.disk.ImageHeader;
import io.platen.disk.ImageRefused;
import io.platen.machine.Machine;
import java.io.IOException;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The lengths of the raw images of adopted machines. Nothing in such an image says how long it has
 * to be, so it is compared with what it was when it was last captured, or adopted. A longer one is
 * a disk that was made larger.
 */
final class DiskLengths {
  private static final Logger LOG = Logger.getLogger(DiskLengths.class);

  private DiskLengths() {}

  /**
   * Refuses a raw image that lost something.
   *
   * @param images what the machine's disk consists of, its own image first
   * @return the length of the file that the machine was adopted with; 0 where it is no raw image
   */
  static long check(Machine machine, List<Disk.Adopted> images) throws IOException {
    var adopted = machine.adopted();
    long found = adopted == null ? 0 : adopted.bytes();
    for (var image : images) {
      if (adopted != null && image.format() == DiskFormat.RAW) {
        boolean isAdopted = image.equals(adopted.file());
        boolean isDisk = images.size() == 1;
        long known = isAdopted ? adopted.bytes() : isDisk ? machine.diskBytes() : 0;
        long length = checked(image, known);
        found = isAdopted ? length : found;
      }
    }
    return found;
  }

  private static long checked(Disk.Adopted image, long known) throws IOException {
    try {
      long length = ImageHeader.readInUse(image.path(), image.format()).virtualSize();
      if (length < known) {
        throw new ImageRefused(
            image.path(),
            image.format(),
            "is truncated: it has %d bytes, and had %d".formatted(length, known),
            "copy the image again, completely; if it was made smaller on purpose, delete the machine"
                + " (its templates stay) and adopt the disk again");
      }
      return length;
    } catch (DiskUnreadable e) {
      LOG.infof("whether %s is all there is not known: %s", image.path(), e.getMessage());
      return known;
    }
  }
}
