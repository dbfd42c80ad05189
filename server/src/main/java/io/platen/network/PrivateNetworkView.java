package io.platen.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A private network as clients see it. */
@Schema(name = "PrivateNetwork")
public record PrivateNetworkView(
    String id,
    String name,
    String region,
    String network,
    String netmask,
    Instant dtCreated,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant dtDeleted) {
  /** The answer to a deletion. */
  @Schema(name = "DeletedPrivateNetwork")
  public record Deleted(String id) {}

  static PrivateNetworkView of(PrivateNetwork network) {
    return new PrivateNetworkView(
        network.id(),
        network.name(),
        network.region(),
        network.prefix() + ".0",
        PrivateNetwork.NETMASK,
        network.dtCreated(),
        network.dtDeleted());
  }
}
