package io.platen.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The name of this host. */
final class HostName {
  private static final int LONGEST = 50;

  private HostName() {}

  /**
   * As the name of a node: of a host without a name, or with one of other letters, as near as can
   * be.
   */
  static String forNode() {
    String name;
    try {
      name = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      name = "localhost"; // it has no address by its name, and may have one database all the same
    }
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "-");
    return plain.substring(0, Math.min(plain.length(), LONGEST));
  }
}
