package io.platen.app;

import io.platen.config.HostName;
import io.platen.config.ServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;

/** Where other nodes reach this one. */
final class NodeAddress {
  private NodeAddress() {}

  /**
   * The address for the node's row, without a path.
   *
   * @param url where it listens, as people on this host use it
   */
  static String of(ServerConfig config, String url) throws IOException {
    var named = config.nodeAddress();
    if (named != null) {
      return named.toString().replaceFirst("/$", "");
    }
    if (!InetAddress.getByName(config.host()).isAnyLocalAddress()) {
      return url;
    }
    var local = URI.create(url);
    return "%s://%s:%d".formatted(local.getScheme(), HostName.get(), local.getPort());
  }
}
