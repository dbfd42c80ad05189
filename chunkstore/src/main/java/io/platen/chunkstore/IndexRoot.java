package io.platen.chunkstore;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An index whose chunks are needed.
 *
 * @param digest the SHA-256 that the file must have, in hexadecimal; null where that is not known.
 *     A flipped bit inside an id shows nowhere else
 */
public record IndexRoot(Path file, @Nullable String digest) {}
