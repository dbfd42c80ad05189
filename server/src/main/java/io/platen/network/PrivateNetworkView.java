package io.platen.network;

import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A private network as clients see it. */
@Schema(name = "PrivateNetwork")
public record PrivateNetworkView(
    String id,
    String name,
    String network,
    String netmask,
    @Schema(enumeration = {"ny2", "ca1", "ams1"}) String region,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {
  static PrivateNetworkView of(PrivateNetwork network) {
    return new PrivateNetworkView(
        network.id(),
        network.name(),
        network.prefix() + ".0",
        PrivateNetwork.NETMASK,
        network.region(),
        network.dtCreated(),
        network.dtDeleted());
  }
}
