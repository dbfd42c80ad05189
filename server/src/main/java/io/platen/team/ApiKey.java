package io.platen.team;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key without its secret, which is known only to its holder.
 *
 * @param dtRevoked null while the key is good
 */
public record ApiKey(
    String id,
    String teamId,
    String teamName,
    String name,
    boolean readOnly,
    Instant dtCreated,
    @Nullable Instant dtRevoked) {}
