package io.platen.event;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The events of one kind and state that have not ended, whichever process works on them.
 *
 * @param oldest when the oldest of them was made; null where there are none
 */
public record Backlog(EventName name, EventState state, long events, @Nullable Instant oldest) {}
