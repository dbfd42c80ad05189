package io.platen.chunkstore;

import org.jspecify.annotations.Nullable;

/**
 * An index whose chunks are needed.
 *
 * @param name its name in the {@link IndexStore}
 * @param digest the SHA-256 that it must have, in hexadecimal; null where that is not known. A
 *     flipped bit inside an id shows nowhere else
 */
public record IndexRoot(String name, @Nullable String digest) {}
