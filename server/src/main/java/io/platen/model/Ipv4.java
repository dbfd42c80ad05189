package io.platen.model;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IPv4 address.
 *
 * @param bits its four bytes, the first one highest
 */
public record Ipv4(int bits) implements Comparable<Ipv4> {
  /** Dotted decimal without leading zeros, so that an address has one spelling. */
  private static final Pattern FORM =
      Pattern.compile(
          "(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})");

  private static final int BYTE = 255;

  /** The address that this text spells; empty where it is none. */
  public static Optional<Ipv4> parse(String text) {
    var found = FORM.matcher(text);
    if (!found.matches()) {
      return Optional.empty();
    }
    int bits = 0;
    for (int i = 1; i <= 4; i++) {
      int value = Integer.parseInt(found.group(i));
      if (value > BYTE) {
        return Optional.empty();
      }
      bits = bits << 8 | value;
    }
    return Optional.of(new Ipv4(bits));
  }

  /** The address this many after this one. */
  public Ipv4 plus(int count) {
    return new Ipv4(bits + count);
  }

  @Override
  public int compareTo(Ipv4 other) {
    return Integer.compareUnsigned(bits, other.bits);
  }

  @Override
  public String toString() {
    return "%d.%d.%d.%d".formatted(bits >>> 24, bits >>> 16 & BYTE, bits >>> 8 & BYTE, bits & BYTE);
  }
}
