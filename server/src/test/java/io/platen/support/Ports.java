package io.platen.support;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of servers that are stopped and started again. They are below those that Linux gives to
 * connections (32768 to 60999), so that no other process takes one of them meanwhile.
 */
public final class Ports {
  private static final int FIRST = 30_000;
  private static final int END = 32_768;

  private Ports() {}

  /** One on which nobody listens. */
  public static int free() throws IOException {
    int port;
    do {
      port = ThreadLocalRandom.current().nextInt(FIRST, END);
    } while (isTaken(port));
    return port;
  }

  private static boolean isTaken(int port) throws IOException {
    try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return false;
    } catch (BindException e) {
      return true;
    }
  }
}
