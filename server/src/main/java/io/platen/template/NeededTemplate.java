package io.platen.template;

import org.jspecify.annotations.Nullable;

/**
 * A template whose index is needed.
 *
 * @param teamId null for an OS template
 * @param team the team's name; null for an OS template
 * @param capturing whether its capture is under way: its index may be there already or not
 * @param indexDigest the SHA-256 of its index, in hexadecimal; null until the capture is done
 * @param held whether a machine's disk stands on it: then its index outlives it
 */
public record NeededTemplate(
    String id,
    String name,
    @Nullable String teamId,
    @Nullable String team,
    boolean capturing,
    @Nullable String indexDigest,
    boolean deleted,
    boolean held) {}
