package io.platen.hypervisor;

import java.nio.file.Path;
import java.util.Optional;
import org.w3c.dom.Element;

/**
 * An image that a disk of a domain consists of, as libvirt describes it.
 *
 * @param path the file or block device; empty where it is something else
 * @param format such as qcow2
 * @param obstacle why only the domain's own QEMU can read the image; empty where nothing stands
 *     against it
 */
public record DomainImage(String path, String format, String obstacle) {
  /** Reads a {@code <disk>} or a {@code <backingStore>}. */
  static DomainImage parse(Element element, String format) {
    Optional<Element> found = Xml.optional(element, "source");
    if (found.isEmpty()) {
      return new DomainImage("", format, "has no source");
    }
    Element source = found.get();
    String path = source.getAttribute("file") + source.getAttribute("dev");
    return new DomainImage(path, format, obstacle(element, source, path));
  }

  private static String obstacle(Element element, Element source, String path) {
    if (path.isEmpty()) {
      String type = element.getAttribute("type");
      return "is neither a file nor a block device but of type "
          + (type.isEmpty() ? "unknown" : type);
    }
    if (Xml.optional(source, "encryption").isPresent()
        || Xml.optional(element, "encryption").isPresent()) {
      return "is encrypted";
    }
    if (Xml.optional(source, "slices").isPresent()) {
      return "is a part of a file";
    }
    return Xml.optional(source, "dataStore").isPresent() ? "keeps its data in another file" : "";
  }

  boolean isAt(Path file) {
    return !path.isEmpty() && Path.of(path).equals(file);
  }
}
