package io.platen.hypervisor;

import io.platen.disk.BackingFile;
import io.platen.disk.Disk;
import io.platen.disk.DiskException;
import io.platen.disk.DiskFormat;
import io.platen.disk.ImageHeader;
import io.platen.process.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that a domain's disk consists of.
 *
 * <p>What libvirt says is what the guest reads. Where it does not say what an image stands on, the
 * image's header does; but an image may come from anywhere, and its header may name any file of
 * this host. So names in headers are followed only if they lead to a file that is known to be the
 * machine's.
 */
public final class DiskChain {
  private static final String HELP =
      "see \"Machines that are there already\" in docs/hypervisor.md";

  private final DomainDescription domain;
  private final DomainDisk disk;
  private final List<Path> known;
  private final List<Disk.Adopted> images = new ArrayList<>();

  private DiskChain(DomainDescription domain, DomainDisk disk, List<Path> known) {
    this.domain = domain;
    this.disk = disk;
    this.known = known;
  }

  /**
   * The disk of a domain that is not active.
   *
   * @param known files that are the machine's, whatever libvirt says
   * @throws HypervisorException where it can't be read, or where a header names a file that neither
   *     libvirt nor Platen knows to be the machine's
   */
  public static Disk.Chain of(DomainDescription domain, DomainDisk disk, List<Path> known)
      throws IOException {
    var chain = new DiskChain(domain, disk, known);
    chain.addStated();
    int stated = disk.isWhole() ? chain.images.size() : chain.images.size() - 1;
    if (!disk.isWhole()) {
      chain.follow();
    }
    return new Disk.Chain(chain.images, stated);
  }

  /**
   * Refuses a disk that can't be read by others than the domain's own QEMU.
   *
   * @return the images that libvirt states
   */
  public static List<Disk.Adopted> stated(DomainDescription domain, DomainDisk disk)
      throws IOException {
    var chain = new DiskChain(domain, disk, List.of());
    chain.addStated();
    return chain.images;
  }

  private void addStated() throws IOException {
    for (var image : disk.images()) {
      if (!image.obstacle().isEmpty()) {
        throw refused(image.path(), image.obstacle());
      }
      add(Path.of(image.path()), image.format());
    }
  }

  private void add(Path path, String format) throws IOException {
    if (!images.isEmpty() && images.getLast().format() != DiskFormat.QCOW2) {
      throw refused(
          images.getLast().path().toString(), "is no qcow2 image and stands on another one");
    }
    if (images.size() == Disk.Chain.MAX_LENGTH) {
      throw refused(path.toString(), "stands below %d others".formatted(images.size()));
    }
    if (images.stream().anyMatch(image -> image.path().equals(path))) {
      throw refused(path.toString(), "stands on itself");
    }
    try {
      images.add(new Disk.Adopted(path, DiskFormat.parse(format)));
    } catch (IllegalArgumentException e) {
      throw refused(path.toString(), "can't be read: " + e.getMessage());
    }
  }

  /**
   * Goes on from the last image that libvirt states, by what the headers say. Qcow2 images on the
   * way to a known file are overlays of it: snapshots of snapshots.
   */
  private void follow() throws IOException {
    @Nullable HypervisorException unconfirmed = null;
    while (images.getLast().format() == DiskFormat.QCOW2) {
      Path overlay = images.getLast().path();
      Optional<BackingFile> below = below(overlay, unconfirmed);
      if (below.isEmpty()) {
        break;
      }
      Path named = resolved(overlay, below.get());
      if (isKnown(named)) {
        unconfirmed = null;
      } else {
        unconfirmed = unconfirmed == null ? unconfirmed(overlay, below.get()) : unconfirmed;
        if (!below.get().format().equals(DiskFormat.QCOW2.label())) {
          break;
        }
      }
      add(named, stated(overlay, below.get()));
    }
    if (unconfirmed != null) {
      throw unconfirmed;
    }
  }

  /** Nothing is said of a file that only a header names. */
  private static Optional<BackingFile> below(
      Path overlay, @Nullable HypervisorException unconfirmed) throws IOException {
    try {
      return ImageHeader.backing(overlay);
    } catch (DiskException | ToolException e) {
      throw unconfirmed == null ? e : unconfirmed;
    }
  }

  private Path resolved(Path overlay, BackingFile below) throws HypervisorException {
    return below
        .resolve(overlay)
        .orElseThrow(
            () ->
                refused(
                    overlay.toString(),
                    "stands on \"%s\", which is no file".formatted(below.printable())));
  }

  private boolean isKnown(Path named) throws IOException {
    for (var path : known) {
      if (named.equals(path)
          || (Files.exists(named) && Files.exists(path) && Files.isSameFile(named, path))) {
        return true;
      }
    }
    return false;
  }

  private HypervisorException unconfirmed(Path overlay, BackingFile below) {
    return refused(
        overlay.toString(),
        "says that it stands on \"%s\", which libvirt does not confirm; start the machine and capture it while it runs, or state the image below with <backingStore>: %s"
            .formatted(below.printable(), HELP));
  }

  private String stated(Path overlay, BackingFile below) throws IOException {
    if (below.format().isEmpty()) {
      throw refused(
          overlay.toString(),
          "does not say of which format \"%s\" is, on which it stands; state it: qemu-img rebase -u -F FORMAT -b %s %s"
              .formatted(below.printable(), below.printable(), overlay));
    }
    return below.format();
  }

  private HypervisorException refused(String image, String reason) {
    return new HypervisorException(
        "the disk %s of the domain %s can't be captured: %s %s"
            .formatted(
                disk.target(),
                domain.name(),
                image.isEmpty() ? "it" : "the image " + image,
                reason));
  }
}
