package io.platen.machine;

import org.jspecify.annotations.Nullable;

/**
 * Where a machine is reached.
 *
 * @param networkId its private network; null for the default one
 * @param privateIp its address while it runs, as soon as it is known
 */
public record MachineNetwork(@Nullable String networkId, @Nullable String privateIp) {
  /** The default network. */
  public static final MachineNetwork NONE = new MachineNetwork(null, null);

  /**
   * That of a machine which has no address yet.
   *
   * @param networkId its private network; null for the default one
   */
  public static MachineNetwork in(@Nullable String networkId) {
    return new MachineNetwork(networkId, null);
  }
}
