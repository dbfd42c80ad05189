package io.platen.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The IPv4 networks that this host routes to, so that none of them is given away here. */
final class HostRoutes {
  /** One line of proc_net_route(5) for each: hexadecimal numbers in the host's order of bytes. */
  static final Path TABLE = Path.of("/proc/net/route");

  private static final int SUBNET_MASK = 0xffffff00;

  private record Route(int address, int mask) {}

  private final List<Route> routes;

  private HostRoutes(List<Route> routes) {
    this.routes = routes;
  }

  /**
   * Reads the table. The default route, which leads everywhere, is left out.
   *
   * @throws IOException where it can't be read, or is no such table
   */
  static HostRoutes read(Path table) throws IOException {
    var routes = new ArrayList<Route>();
    for (var line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
      var fields = line.strip().split("\\s+", -1);
      if (fields.length < 8) {
        throw new IOException("%s has a line of another kind: %s".formatted(table, line));
      }
      if (fields[0].equals("Iface")) {
        continue;
      }
      var route = new Route(number(table, fields[1]), number(table, fields[7]));
      if (route.mask() != 0) {
        routes.add(route);
      }
    }
    return new HostRoutes(routes);
  }

  private static int number(Path table, String field) throws IOException {
    try {
      // Both architectures that libvirt's QEMU is used on here have the lowest byte first.
      return Integer.reverseBytes(Integer.parseUnsignedInt(field, 16));
    } catch (NumberFormatException e) {
      throw new IOException("%s has \"%s\" for a number".formatted(table, field), e);
    }
  }

  /** Whether any route leads into the subnet of 256 addresses that begins here. */
  boolean leadInto(int subnet) {
    return routes.stream()
        .anyMatch(
            route -> {
              int both = route.mask() & SUBNET_MASK;
              return (route.address() & both) == (subnet & both);
            });
  }
}
