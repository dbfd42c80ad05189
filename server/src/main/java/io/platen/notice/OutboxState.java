package io.platen.notice;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the outbox stands.
 *
 * @param waiting how many notices are not delivered yet
 * @param failing how many of them were tried in vain
 * @param failingSince when the oldest of those was written; null where there is none
 * @param failure why it was not taken, in words; null where there is none
 * @param givenUp how many were given up lately
 * @param lastGivenUp when the last of these was
 */
public record OutboxState(
    long waiting,
    long failing,
    @Nullable Instant failingSince,
    @Nullable String failure,
    long givenUp,
    @Nullable Instant lastGivenUp) {}
