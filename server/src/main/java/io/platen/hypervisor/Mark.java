package io.platen.hypervisor;

import java.util.Optional;
import org.w3c.dom.Element;

/**
 * What Platen writes into the description of each domain and network it makes: whose they are. A
 * name alone says nothing, since another installation, or a person, may have given the same.
 *
 * @param installation the id of the installation
 * @param id of the machine, or of the private network
 */
public record Mark(String installation, String id) {
  /** The namespace of the mark, which libvirt keeps one element of. */
  static final String NAMESPACE = "urn:platen:mark:1";

  static final String PREFIX = "platen";
  static final String ELEMENT = "mark";
  static final String INSTALLATION = "installation";
  static final String ID = "id";

  /** The mark that a domain or network carries. */
  static Optional<Mark> of(Element root) {
    return root.getElementsByTagNameNS(NAMESPACE, ELEMENT).item(0) instanceof Element mark
        ? Optional.of(new Mark(mark.getAttribute(INSTALLATION), mark.getAttribute(ID)))
        : Optional.empty();
  }

  /** The mark as libvirt's {@code <metadata>} has it. */
  String xml() {
    return "<%s:%s xmlns:%s='%s' %s/>".formatted(PREFIX, ELEMENT, PREFIX, NAMESPACE, attributes());
  }

  /** The mark as {@code virsh metadata} takes it, which adds the namespace itself. */
  String element() {
    return "<%s %s/>".formatted(ELEMENT, attributes());
  }

  private String attributes() {
    return "%s='%s' %s='%s'"
        .formatted(INSTALLATION, DomainXml.escape(installation), ID, DomainXml.escape(id));
  }
}
