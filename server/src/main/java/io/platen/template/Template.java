package io.platen.template;

import io.platen.disk.Disk;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A captured disk that machines can be launched from.
 *
 * @param teamId null for an OS template, which belongs to everybody
 * @param parentMachineId the machine it was captured from, which may be deleted by now; null for an
 *     OS template
 * @param architecture and firmware: what it takes to boot it
 * @param diskBytes the size of the disk
 * @param source the file that an OS template is imported from; null for a custom template
 * @param indexDigest the SHA-256 of its index, in hexadecimal; null until the capture is done
 */
public record Template(
    String id,
    @Nullable String teamId,
    @Nullable String parentMachineId,
    String name,
    TemplateState state,
    String agentType,
    String osLabel,
    String region,
    String architecture,
    String firmware,
    long diskBytes,
    @Nullable String indexDigest,
    Disk.@Nullable Adopted source,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {}
