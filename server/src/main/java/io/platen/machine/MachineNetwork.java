package io.platen.machine;

import io.platen.network.PublicAddress;
import io.platen.network.PublicIpType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a machine is reached.
 *
 * @param networkId its private network; null for the default one
 * @param privateIp its address on its network while it runs, as soon as it is known
 */
public record MachineNetwork(
    @Nullable String networkId, @Nullable String privateIp, PublicAddress publicAddress) {
  /** The default network. */
  public static final MachineNetwork NONE = in(null);

  /**
   * That of a machine which has no address yet.
   *
   * @param networkId its private network; null for the default one
   */
  public static MachineNetwork in(@Nullable String networkId) {
    return new MachineNetwork(networkId, null, PublicAddress.NONE);
  }

  public MachineNetwork with(PublicAddress other) {
    return new MachineNetwork(networkId, privateIp, other);
  }

  /**
   * Whether the machine has a second card, on the public network: its private network leads
   * nowhere.
   */
  public boolean hasPublicCard() {
    return networkId != null && publicAddress.type() != PublicIpType.NONE;
  }

  /** The address at which the API's clients reach the machine, as far as it is known. */
  public @Nullable String publicIp() {
    return switch (publicAddress.type()) {
      case NONE -> null;
      case DYNAMIC -> seen();
      case STATIC -> publicAddress.reserved();
    };
  }

  /**
   * Whether all addresses are known that the machine is to have while it runs. One that got another
   * static address while it ran has it later.
   */
  boolean hasItsAddresses() {
    return privateIp != null && hasItsPublicIp();
  }

  private boolean hasItsPublicIp() {
    return switch (publicAddress.type()) {
      case NONE -> true;
      case DYNAMIC -> seen() != null;
      case STATIC -> Objects.equals(seen(), publicAddress.reserved());
    };
  }

  /** What its card on the public network has, as far as it is known. */
  private @Nullable String seen() {
    return networkId == null ? privateIp : publicAddress.seen();
  }
}
