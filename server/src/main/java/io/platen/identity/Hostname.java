package io.platen.identity;

import java.util.Locale;

/** Names of hosts, after RFC 1123. */
final class Hostname {
  private static final int MAXIMUM = 63;

  private Hostname() {}

  /**
   * The name of a host for a machine of this name; the id where nothing of the name can be used.
   */
  static String of(String name, String id) {
    String host = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+", "");
    host = host.substring(0, Math.min(MAXIMUM, host.length())).replaceAll("-+$", "");
    return host.isEmpty() ? id : host;
  }
}
