package io.platen.network;

import io.platen.model.Ipv4;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An address that a team has claimed.
 *
 * @param machineId the machine that it is assigned to; null for none
 */
public record PublicIp(
    Ipv4 ip, String teamId, String region, @Nullable String machineId, Instant dtCreated) {
  PublicIp assignedTo(@Nullable String machine) {
    return new PublicIp(ip, teamId, region, machine, dtCreated);
  }
}
