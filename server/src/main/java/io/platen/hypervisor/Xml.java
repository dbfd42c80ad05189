package io.platen.hypervisor;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads libvirt's XML. */
final class Xml {
  private Xml() {}

  static Document document(String xml) throws IOException {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    } catch (ParserConfigurationException | SAXException e) {
      throw new HypervisorException("libvirt's XML can't be understood: " + e.getMessage(), e);
    }
  }

  static List<Element> all(NodeList nodes) {
    var elements = new ArrayList<Element>();
    for (int i = 0; i < nodes.getLength(); i++) {
      if (nodes.item(i) instanceof Element element) {
        elements.add(element);
      }
    }
    return elements;
  }

  static List<Element> children(Element parent, String name) {
    var elements = new ArrayList<Element>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        elements.add(element);
      }
    }
    return elements;
  }

  static Element child(Element parent, String name) throws IOException {
    var found = children(parent, name);
    if (found.isEmpty()) {
      throw new HypervisorException("libvirt's XML has no <%s>".formatted(name));
    }
    return found.getFirst();
  }

  static Optional<Element> optional(Element parent, String name) {
    return children(parent, name).stream().findFirst();
  }
}
