package io.platen.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The reverse proxies that are believed when they say whose requests they pass on. */
public final class TrustedProxies {
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  /**
   * @param bits how many of the address' first bits count
   */
  private record Network(InetAddress address, int bits) {
    boolean holds(InetAddress other) {
      byte[] mine = address.getAddress();
      byte[] theirs = other.getAddress();
      if (mine.length != theirs.length) {
        return false;
      }
      int whole = bits / Byte.SIZE;
      int rest = bits % Byte.SIZE;
      return Arrays.equals(mine, 0, whole, theirs, 0, whole)
          && (rest == 0 || ((mine[whole] ^ theirs[whole]) & 0xff) >> (Byte.SIZE - rest) == 0);
    }
  }

  private final List<Network> networks;

  private TrustedProxies(List<Network> networks) {
    this.networks = networks;
  }

  /** Addresses and networks, separated by commas; empty where one of them is neither. */
  static Optional<TrustedProxies> of(String text) {
    var networks = new ArrayList<Network>();
    for (var item : text.split(",", -1)) {
      try {
        networks.add(network(item.strip()));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
    return Optional.of(new TrustedProxies(List.copyOf(networks)));
  }

  private static Network network(String text) {
    int slash = text.indexOf('/');
    var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
    int all = address.getAddress().length * Byte.SIZE;
    int bits = slash < 0 ? all : Integer.parseInt(text.substring(slash + 1));
    if (bits < 0 || bits > all) {
      throw new IllegalArgumentException("no prefix of an address: " + text);
    }
    return new Network(address, bits);
  }

  /** Whether a text is an address, and no name. */
  public static boolean isAddress(String text) {
    try {
      var _ = InetAddress.ofLiteral(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether an address, written out, is that of one of them. */
  public boolean include(String address) {
    if (networks.isEmpty()) {
      return false;
    }
    try {
      var literal = InetAddress.ofLiteral(address);
      return networks.stream().anyMatch(network -> network.holds(literal));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
