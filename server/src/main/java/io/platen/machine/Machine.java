package io.platen.machine;

import io.platen.hypervisor.OwnDomains;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A machine: a disk, and what it takes to run it.
 *
 * @param diskBytes the size of its disk
 * @param adopted the disk of an adopted machine; null for one that was launched here
 * @param base what the disk of a launched machine stands on; null for an adopted one
 * @param guest what it is when it runs
 */
public record Machine(
    String id,
    String teamId,
    String name,
    MachineState state,
    String machineType,
    String agentType,
    String osLabel,
    String region,
    String architecture,
    String firmware,
    long diskBytes,
    @Nullable AdoptedDisk adopted,
    @Nullable BaseTemplate base,
    Guest guest,
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted) {
  /** The name, or UUID, of its domain; empty for one that was adopted as a disk only. */
  public Optional<String> domain() {
    return adopted == null ? Optional.of(OwnDomains.name(id)) : Optional.ofNullable(guest.domain());
  }
}
