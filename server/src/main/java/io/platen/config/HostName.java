package io.platen.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name of this host. */
public final class HostName {
  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");
  private static final int LONGEST = 50;

  private HostName() {}

  /** As others know it; of a host that has no address by its name, as it calls itself. */
  public static String get() throws IOException {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return Files.readString(KERNEL).strip();
    }
  }

  /**
   * As the name of a node: of a host without a name, or with one of other letters, as near as can
   * be.
   */
  static String forNode() {
    String name;
    try {
      name = get();
    } catch (IOException e) {
      name = "localhost"; // it may have one database all the same
    }
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "-");
    return plain.substring(0, Math.min(plain.length(), LONGEST));
  }
}
