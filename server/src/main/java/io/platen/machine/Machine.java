package io.platen.machine;

import io.platen.disk.Disk;
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
    Disk.@Nullable Adopted adopted,
    @Nullable BaseImage base,
    Guest guest,
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted) {
  /** What the names of the domains of launched machines begin with. */
  public static final String DOMAIN_PREFIX = "platen-";

  /** The domain of a machine that was launched here. */
  static String domainName(String id) {
    return DOMAIN_PREFIX + id;
  }

  /** The name, or UUID, of its domain; empty for one that was adopted as a disk only. */
  public Optional<String> domain() {
    return adopted == null ? Optional.of(domainName(id)) : Optional.ofNullable(guest.domain());
  }
}
