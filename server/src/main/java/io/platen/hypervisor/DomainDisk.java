package io.platen.hypervisor;

import io.platen.disk.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.w3c.dom.Element;

/**
 * A disk of a domain, as libvirt describes it.
 *
 * @param target its name in the domain, such as vda
 * @param images what it consists of, as far as libvirt says: its own image, the one below, and so
 *     on
 * @param isWhole whether libvirt says that nothing is below the last of them
 * @param bootOrder the domain's own number, or a large one
 * @param index libvirt's number for the first image while the domain is active, in the names of
 *     QEMU's block nodes; empty while it is not
 */
public record DomainDisk(
    String target, List<DomainImage> images, boolean isWhole, int bootOrder, String index) {
  public DomainDisk {
    images = List.copyOf(images);
  }

  /** Its own image. */
  public DomainImage image() {
    return images.getFirst();
  }

  static DomainDisk parse(Element disk) throws IOException {
    String driver =
        Xml.optional(disk, "driver").map(element -> element.getAttribute("type")).orElse("");
    var images = new ArrayList<DomainImage>();
    images.add(DomainImage.parse(disk, driver));
    Optional<Element> below = Xml.optional(disk, "backingStore");
    while (below.isPresent() && !isEnd(below.get())) {
      if (images.size() == Disk.Chain.MAX_LENGTH) {
        throw new HypervisorException(
            "a disk stands on more than %d images".formatted(Disk.Chain.MAX_LENGTH));
      }
      var format = Xml.optional(below.get(), "format").map(element -> element.getAttribute("type"));
      images.add(DomainImage.parse(below.get(), format.orElse("")));
      below = Xml.optional(below.get(), "backingStore");
    }
    int order = Integer.MAX_VALUE;
    for (var element : Xml.children(disk, "boot")) {
      order = Integer.parseInt(element.getAttribute("order"));
    }
    String index =
        Xml.optional(disk, "source").map(element -> element.getAttribute("index")).orElse("");
    return new DomainDisk(
        Xml.child(disk, "target").getAttribute("dev"), images, below.isPresent(), order, index);
  }

  /** An element with nothing in it says that nothing is below. */
  private static boolean isEnd(Element backingStore) {
    return !backingStore.hasAttribute("type") && Xml.optional(backingStore, "source").isEmpty();
  }
}
