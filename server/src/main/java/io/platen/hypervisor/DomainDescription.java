package io.platen.hypervisor;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What a domain is, as libvirt tells.
 *
 * @param memory bytes
 * @param firmware {@code bios} or {@code uefi}
 * @param disks in the order in which they are booted
 */
public record DomainDescription(
    String name,
    String uuid,
    int cpus,
    long memory,
    String architecture,
    String firmware,
    List<DomainDisk> disks) {
  public DomainDescription {
    disks = List.copyOf(disks);
  }

  /**
   * A disk of a domain.
   *
   * @param target its name in the domain, such as vda
   * @param source the file or block device; empty where it is something else
   * @param format such as qcow2, as the domain says
   * @param bootOrder the domain's own number, or a large one
   * @param index libvirt's number for the image while the domain is active, in the names of QEMU's
   *     block nodes; empty while it is not
   */
  public record DomainDisk(
      String target, String source, String format, int bootOrder, String index) {}

  static DomainDescription parse(String xml) throws IOException {
    var root = document(xml).getDocumentElement();
    var disks = new ArrayList<DomainDisk>();
    for (var disk : all(root.getElementsByTagName("disk"))) {
      if (disk.getAttribute("device").equals("disk")) {
        disks.add(disk(disk));
      }
    }
    // Stable: without numbers, the first disk is booted.
    disks.sort(Comparator.comparingInt(DomainDisk::bootOrder));
    var os = child(root, "os");
    boolean uefi =
        os.getAttribute("firmware").equals("efi")
            || all(os.getElementsByTagName("loader")).stream()
                .anyMatch(loader -> loader.getAttribute("type").equals("pflash"));
    return new DomainDescription(
        child(root, "name").getTextContent(),
        child(root, "uuid").getTextContent(),
        Integer.parseInt(child(root, "vcpu").getTextContent().strip()),
        Long.parseLong(child(root, "memory").getTextContent().strip()) << 10,
        child(os, "type").getAttribute("arch"),
        uefi ? "uefi" : "bios",
        disks);
  }

  private static DomainDisk disk(Element disk) throws IOException {
    String source = "";
    String index = "";
    for (var element : children(disk, "source")) {
      source = element.getAttribute("file") + element.getAttribute("dev");
      index = element.getAttribute("index");
    }
    String format = "";
    for (var element : children(disk, "driver")) {
      format = element.getAttribute("type");
    }
    int order = Integer.MAX_VALUE;
    for (var element : children(disk, "boot")) {
      order = Integer.parseInt(element.getAttribute("order"));
    }
    return new DomainDisk(child(disk, "target").getAttribute("dev"), source, format, order, index);
  }

  private static Document document(String xml) throws IOException {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    } catch (ParserConfigurationException | SAXException e) {
      throw new HypervisorException("libvirt's XML can't be understood: " + e.getMessage(), e);
    }
  }

  private static List<Element> all(NodeList nodes) {
    var elements = new ArrayList<Element>();
    for (int i = 0; i < nodes.getLength(); i++) {
      if (nodes.item(i) instanceof Element element) {
        elements.add(element);
      }
    }
    return elements;
  }

  private static List<Element> children(Element parent, String name) {
    var elements = new ArrayList<Element>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        elements.add(element);
      }
    }
    return elements;
  }

  private static Element child(Element parent, String name) throws IOException {
    var found = children(parent, name);
    if (found.isEmpty()) {
      throw new HypervisorException("libvirt's XML has no <%s>".formatted(name));
    }
    return found.getFirst();
  }
}
