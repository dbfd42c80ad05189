package io.platen.notice;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is to be told.
 *
 * @param id the same at each attempt, by which receivers know what they have had
 * @param kind the label of a {@link NoticeKind}
 * @param body JSON, as it is sent
 * @param attempts how often it was tried in vain
 * @param failure why it was not taken the last time; null before
 */
record Notice(
    String id,
    String kind,
    String body,
    int attempts,
    @Nullable String failure,
    Instant dtCreated) {}
