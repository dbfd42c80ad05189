package io.platen.hypervisor;

import io.platen.config.AddressRange;
import io.platen.model.Ipv4;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * A network as libvirt describes it (libvirt.org/formatnetwork.html).
 *
 * @param forward how it reaches others: nat, route, open, bridge and so on; empty where it does not
 * @param subnet where libvirt gives addresses on it; null where it gives none
 */
public record NetworkDescription(String name, String forward, @Nullable Subnet subnet) {

  /**
   * Where libvirt gives addresses.
   *
   * @param all from the network's own address to the broadcast address
   * @param gateway the host's
   * @param leased what it gives to cards that have no reservation
   */
  public record Subnet(
      AddressRange all, Ipv4 gateway, List<AddressRange> leased, List<Reservation> reservations) {
    public Subnet {
      leased = List.copyOf(leased);
      reservations = List.copyOf(reservations);
    }
  }

  static NetworkDescription parse(String xml) throws IOException {
    var root = Xml.document(xml).getDocumentElement();
    String name = Xml.child(root, "name").getTextContent().strip();
    String forward = "";
    var found = Xml.optional(root, "forward");
    if (found.isPresent()) {
      String mode = found.get().getAttribute("mode");
      forward = mode.isEmpty() ? "nat" : mode;
    }
    for (var ip : Xml.children(root, "ip")) {
      var dhcp = Xml.optional(ip, "dhcp");
      if (dhcp.isPresent() && !ip.getAttribute("family").equals("ipv6")) {
        return new NetworkDescription(name, forward, subnet(ip, dhcp.get()));
      }
    }
    return new NetworkDescription(name, forward, null);
  }

  private static Subnet subnet(Element ip, Element dhcp) throws IOException {
    var gateway = address(ip, "address");
    int mask =
        ip.getAttribute("netmask").isEmpty()
            ? mask(ip.getAttribute("prefix"))
            : address(ip, "netmask").bits();
    var leased = new ArrayList<AddressRange>();
    for (var range : Xml.children(dhcp, "range")) {
      leased.add(new AddressRange(address(range, "start"), address(range, "end")));
    }
    var reservations = new ArrayList<Reservation>();
    for (var host : Xml.children(dhcp, "host")) {
      reservations.add(
          new Reservation(
              host.getAttribute("mac").toLowerCase(Locale.ROOT),
              host.getAttribute("name"),
              address(host, "ip")));
    }
    int base = gateway.bits() & mask;
    return new Subnet(
        new AddressRange(new Ipv4(base), new Ipv4(base | ~mask)), gateway, leased, reservations);
  }

  private static Ipv4 address(Element element, String attribute) throws IOException {
    String text = element.getAttribute(attribute);
    return Ipv4.parse(text)
        .orElseThrow(
            () ->
                new HypervisorException(
                    "libvirt's <%s %s='%s'> is no IPv4 address"
                        .formatted(element.getTagName(), attribute, text)));
  }

  private static int mask(String prefix) throws IOException {
    try {
      int bits = Integer.parseInt(prefix);
      if (bits > 0 && bits <= Integer.SIZE) {
        return -1 << (Integer.SIZE - bits);
      }
    } catch (NumberFormatException e) {
      throw new HypervisorException("libvirt's prefix '%s' is no number".formatted(prefix), e);
    }
    throw new HypervisorException("libvirt's prefix '%s' is none of IPv4".formatted(prefix));
  }

  /** Whether only the host itself reaches its machines, unless more is set up on the host. */
  public boolean isReachedFromTheHostOnly() {
    return forward.isEmpty() || forward.equals("nat");
  }

  /**
   * Why addresses of a range can't be kept for machines on this network, and what mends that; empty
   * where they can.
   */
  public Optional<String> objection(AddressRange range) {
    var at = subnet;
    if (at == null) {
      return Optional.of(
          "libvirt gives out no IPv4 addresses on the network \"%s\"%s, so it can't keep any of %s for a machine; say \"publicIps: network\", and reserve addresses where that network's own DHCP server is"
              .formatted(name, forward.isEmpty() ? "" : " (forward mode " + forward + ")", range));
    }
    if (!at.all().contains(range.first()) || !at.all().contains(range.last())) {
      return Optional.of(
          "%s is not in %s, the subnet of the network \"%s\"; name a range that is"
              .formatted(range, at.all(), name));
    }
    for (var taken : List.of(at.gateway(), at.all().first(), at.all().last())) {
      if (range.contains(taken)) {
        return Optional.of(
            "%s holds %s, which is %s of the network \"%s\"; name a range without it"
                .formatted(
                    range,
                    taken,
                    taken.equals(at.gateway()) ? "the host's address" : "an end of the subnet",
                    name));
      }
    }
    return at.leased().stream()
        .filter(range::meets)
        .findFirst()
        .map(
            leased ->
                "%1$s and %2$s, which libvirt leases to any machine on the network \"%3$s\", have addresses in common; shorten one of them. For libvirt's: virsh net-update %3$s delete ip-dhcp-range \"<range start='%4$s' end='%5$s'/>\" --live --config, then the same with add and the range that is to stay"
                    .formatted(range, leased, name, leased.first(), leased.last()));
  }
}
