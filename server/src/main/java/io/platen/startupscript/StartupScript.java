package io.platen.startupscript;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A script of a team's.
 *
 * @param isEnabled whether machines run it at all
 * @param isRunOnce at the first boot only, or at every one
 */
public record StartupScript(
    String id,
    String teamId,
    String name,
    @Nullable String description,
    String script,
    boolean isEnabled,
    boolean isRunOnce,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {}
