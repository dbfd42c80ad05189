package io.platen.chunkstore;

import org.jspecify.annotations.Nullable;

/**
 * An index whose image can't be restored as a whole.
 *
 * @param name its name in the {@link IndexStore}
 * @param badChunks how many different bad chunks it names
 * @param example one of them; null where the index itself is unreadable
 * @param unreadable what is wrong with the index itself; null where nothing is
 */
public record DamagedIndex(
    String name, long badChunks, @Nullable ChunkId example, @Nullable String unreadable) {}
