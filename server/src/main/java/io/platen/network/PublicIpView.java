package io.platen.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A claimed address as clients see it. */
@Schema(name = "PublicIp")
public record PublicIpView(
    String ip,
    @Schema(enumeration = {"ny2", "ca1", "ams1"}) String region,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String assignedMachineId,
    Instant dtCreated) {
  static PublicIpView of(PublicIp address) {
    return new PublicIpView(
        address.ip().toString(), address.region(), address.machineId(), address.dtCreated());
  }
}
