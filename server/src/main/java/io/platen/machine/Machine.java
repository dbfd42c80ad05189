package io.platen.machine;

import io.platen.disk.Disk;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A machine: a disk, and what it takes to run it.
 *
 * @param diskBytes the size of its disk
 * @param adopted the disk of an adopted machine; null for one that was launched here
 * @param base what the disk of a launched machine stands on; null for an adopted one
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
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted) {}
