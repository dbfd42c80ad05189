package io.platen.template;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.DiskUnreadable;
import io.platen.disk.ImageHeader;
import io.platen.disk.ImageRefused;
import io.platen.disk.OpenDisk;
import io.platen.machine.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The lengths of the raw images of a machine's disk. Nothing in such an image says how long it has
 * to be, and what is read behind its end is zeros. An adopted one is compared with what it was when
 * it was last captured, or adopted; a longer one is a disk that was made larger. A base image is
 * compared with the index that it was built from.
 */
final class DiskLengths {
  private static final Logger LOG = Logger.getLogger(DiskLengths.class);

  private final Machine machine;
  private final PresentDisk present;
  private final List<Disk.Adopted> images;

  private DiskLengths(Machine machine, PresentDisk present, List<Disk.Adopted> images) {
    this.machine = machine;
    this.present = present;
    this.images = images;
  }

  /** How long an image's file is, in bytes. */
  private interface Lengths {
    long of(Disk.Adopted image) throws IOException;
  }

  /**
   * Refuses a disk of which a raw image lost something. Looked at are the files that are open,
   * whatever their names mean by now.
   *
   * @return the length of the file that the machine was adopted with; 0 where it is no raw image
   */
  static long check(Machine machine, PresentDisk.Still present, OpenDisk disk) throws IOException {
    return new DiskLengths(machine, present, disk.disk().images())
        .check(image -> disk.length(image.path()).orElseThrow());
  }

  /**
   * The same for a machine that runs. An image that this process may not read is taken as whole,
   * and the log says so.
   *
   * @param images what the disk consists of, its own image first
   */
  static long check(Machine machine, PresentDisk.Live present, List<Disk.Adopted> images)
      throws IOException {
    var lengths = new DiskLengths(machine, present, images);
    return lengths.check(lengths::inUse);
  }

  private long inUse(Disk.Adopted image) throws IOException {
    try {
      return ImageHeader.readInUse(image.path(), image.format()).virtualSize();
    } catch (DiskUnreadable e) {
      LOG.infof("whether %s is all there is not known: %s", image.path(), e.getMessage());
      return known(image);
    }
  }

  private long check(Lengths lengths) throws IOException {
    var adopted = machine.disk().adopted();
    long found = adopted == null ? 0 : adopted.bytes();
    for (var image : images) {
      if (image.format() == DiskFormat.RAW) {
        long length = lengths.of(image);
        if (length < known(image)) {
          throw new ImageRefused(
              image.path(),
              image.format(),
              "is truncated: it has %d bytes, and had %d".formatted(length, known(image)),
              remedy());
        }
        found = isAdopted(image) ? length : found;
      }
    }
    return found;
  }

  private boolean isAdopted(Disk.Adopted image) {
    var adopted = machine.disk().adopted();
    return adopted != null && image.equals(adopted.file());
  }

  /** How long an image is as long as it is whole; 0 where nothing is known. */
  private long known(Disk.Adopted image) throws IOException {
    var adopted = machine.disk().adopted();
    if (adopted != null) {
      boolean isDisk = images.size() == 1;
      return isAdopted(image) ? adopted.bytes() : isDisk ? machine.disk().bytes() : 0;
    }
    var base = present.base();
    return base != null && Files.isSameFile(image.path(), base.file()) ? base.bytes() : 0;
  }

  private String remedy() {
    return machine.disk().adopted() == null
        ? "stop the machines that stand on it, remove it, and launch a machine from the same"
            + " template: that builds it again"
        : "copy the image again, completely; if it was made smaller on purpose, delete the machine"
            + " (its templates stay) and adopt the disk again";
  }
}
