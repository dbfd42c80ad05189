package io.platen.network;

import org.jspecify.annotations.Nullable;

/**
 * What a machine has for a public address.
 *
 * @param dynamic whether it shows the address that its network gives it, where it has no static one
 * @param reserved the claimed address that is assigned to it; null for none
 * @param seen what its card on the public network has, of a machine with a private network beside;
 *     null while that is not known
 */
public record PublicAddress(boolean dynamic, @Nullable String reserved, @Nullable String seen) {
  public static final PublicAddress NONE = new PublicAddress(false, null, null);

  public PublicIpType type() {
    return reserved != null
        ? PublicIpType.STATIC
        : dynamic ? PublicIpType.DYNAMIC : PublicIpType.NONE;
  }
}
