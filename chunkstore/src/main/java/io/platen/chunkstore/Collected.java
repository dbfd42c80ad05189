package io.platen.chunkstore;

/**
 * What a collection did, or would do where it was a dry run.
 *
 * @param indexes indexes whose chunks were kept
 * @param keptChunks chunks that they name and that are stored
 * @param missingChunks chunks that they name and that are not stored: {@link Verifier} says which
 *     indexes need them
 * @param removedChunks chunks that nothing needs
 * @param removedBytes bytes that those take in the store
 * @param pinnedChunks chunks that no index names and that stay, because a capture under way may
 *     need them
 */
public record Collected(
    int indexes,
    long keptChunks,
    long missingChunks,
    long removedChunks,
    long removedBytes,
    long pinnedChunks) {}
