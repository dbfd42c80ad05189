package io.platen.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * What a domain is, as libvirt describes it.
 *
 * @param memory bytes
 * @param firmware {@code bios} or {@code uefi}
 * @param isActive whether it runs, or is paused with its memory in place
 * @param user the user that an active domain's QEMU runs as, where that is not this process' user
 * @param disks in the order in which they are booted
 * @param mark what Platen wrote into it; null where there is nothing of Platen's
 */
public record DomainDescription(
    String name,
    String uuid,
    int cpus,
    long memory,
    String architecture,
    String firmware,
    boolean isActive,
    Optional<QemuUser> user,
    List<DomainDisk> disks,
    @Nullable Mark mark) {
  public DomainDescription {
    disks = List.copyOf(disks);
  }

  /** The disk of this target. */
  public Optional<DomainDisk> disk(String target) {
    return disks.stream().filter(disk -> disk.target().equals(target)).findFirst();
  }

  /** The disk that consists of this file, or stands on it. */
  public Optional<DomainDisk> diskOn(Path file) {
    return disks.stream()
        .filter(disk -> disk.images().stream().anyMatch(image -> image.isAt(file)))
        .findFirst();
  }

  /**
   * The disk of a domain of Platen's, if it is no longer the file it was defined with: somebody
   * made a snapshot or a copy, which may be away at the moment.
   *
   * @param file the machine's disk
   */
  public Optional<DomainDisk> movedFrom(Path file) {
    // Somebody may have given the disk another name in the domain as well.
    return disk(DomainXml.DISK)
        .or(() -> disks.stream().findFirst())
        .filter(disk -> !disk.image().isAt(file))
        .filter(disk -> !isOrWas(Path.of(disk.image().path()), file));
  }

  /** Whether two names are one file's: now, or before the data directory was moved. */
  private static boolean isOrWas(Path found, Path file) {
    try {
      return Files.isSameFile(found, file);
    } catch (NoSuchFileException e) {
      // The directory of a machine is named by its id, which no other machine has.
      return Files.notExists(found)
          && found.endsWith(file.subpath(file.getNameCount() - 2, file.getNameCount()));
    } catch (IOException e) {
      return false; // one that can't be looked at is not known to be the same
    }
  }

  static DomainDescription parse(String xml) throws IOException {
    var root = Xml.document(xml).getDocumentElement();
    var disks = new ArrayList<DomainDisk>();
    for (var disk : Xml.all(root.getElementsByTagName("disk"))) {
      if (disk.getAttribute("device").equals("disk")) {
        disks.add(DomainDisk.parse(disk));
      }
    }
    // Stable: without numbers, the first disk is booted.
    disks.sort(Comparator.comparingInt(DomainDisk::bootOrder));
    var os = Xml.child(root, "os");
    boolean uefi =
        os.getAttribute("firmware").equals("efi")
            || Xml.all(os.getElementsByTagName("loader")).stream()
                .anyMatch(loader -> loader.getAttribute("type").equals("pflash"));
    return new DomainDescription(
        Xml.child(root, "name").getTextContent(),
        Xml.child(root, "uuid").getTextContent(),
        Integer.parseInt(Xml.child(root, "vcpu").getTextContent().strip()),
        Long.parseLong(Xml.child(root, "memory").getTextContent().strip()) << 10,
        Xml.child(os, "type").getAttribute("arch"),
        uefi ? "uefi" : "bios",
        // Libvirt numbers the active ones.
        root.hasAttribute("id"),
        user(root),
        disks,
        Mark.of(root).orElse(null));
  }

  private static Optional<QemuUser> user(Element domain) throws IOException {
    for (var label : Xml.children(domain, "seclabel")) {
      if (label.getAttribute("model").equals("dac")) {
        for (var text : Xml.children(label, "label")) {
          return QemuUser.parse(text.getTextContent());
        }
      }
    }
    return Optional.empty();
  }
}
