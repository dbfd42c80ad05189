package io.platen.network;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An isolated network for a team's machines.
 *
 * @param number which of the subnets it has; no other network has it
 */
public record PrivateNetwork(
    String id,
    String teamId,
    String name,
    String region,
    int number,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {
  public static final String NETMASK = "255.255.255.0";

  /** How many machines have room: 254 addresses, of which the host has one. */
  public static final int ROOM = 253;

  /** The second byte of the first subnet's address. */
  private static final int FIRST = 200;

  /** 10.200.0.0 to 10.254.255.0. */
  static final int SUBNETS = (255 - FIRST) * 256;

  /** What its addresses begin with. */
  public String prefix() {
    return "10.%d.%d".formatted(FIRST + number / 256, number % 256);
  }

  /** The address of a subnet, such as 0x0ac80000. */
  static int address(int number) {
    return 10 << 24 | FIRST << 16 | number << 8;
  }
}
