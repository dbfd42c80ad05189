package io.platen.hypervisor;

import io.platen.model.Ipv4;

/**
 * An address that a network card has for now.
 *
 * @param mac of the card, in lower case
 */
public record Lease(String mac, Ipv4 ip) {}
