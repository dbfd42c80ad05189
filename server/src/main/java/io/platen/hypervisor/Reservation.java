package io.platen.hypervisor;

import io.platen.model.Ipv4;

/**
 * An address that a libvirt network keeps for one network card.
 *
 * @param mac of the card, in lower case
 * @param name what the network calls its holder; empty for none
 */
public record Reservation(String mac, String name, Ipv4 ip) {
  /**
   * Its lease is short, so that an address which moves to another machine is free within minutes
   * even if its former holder runs on.
   */
  private static final int LEASE_MINUTES = 2;

  /** As libvirt is told of it (libvirt.org/formatnetwork.html). */
  String xml() {
    return "<host mac='%s' name='%s' ip='%s'><lease expiry='%d' unit='minutes'/></host>"
        .formatted(mac, DomainXml.escape(name), ip, LEASE_MINUTES);
  }
}
