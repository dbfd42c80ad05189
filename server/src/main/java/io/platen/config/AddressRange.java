package io.platen.config;

import io.platen.model.Ipv4;

/** A range of IPv4 addresses with both its ends; the first is not above the last. */
public record AddressRange(Ipv4 first, Ipv4 last) {
  /** As many as a /16 has: each claim looks through them. */
  public static final int LARGEST = 1 << 16;

  /** How many addresses it has. */
  public int size() {
    return last.bits() - first.bits() + 1;
  }

  public boolean contains(Ipv4 address) {
    return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
  }

  /** Whether the two have an address in common. */
  public boolean meets(AddressRange other) {
    return first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
  }

  @Override
  public String toString() {
    return first + "-" + last;
  }
}
