package io.platen.chunkstore;

/**
 * What writing an image did. {@code zeroBytes + inheritedBytes + deduplicatedBytes + newBytes} is
 * the size.
 *
 * @param digest SHA-256 of the index file, 64 hexadecimal digits: equal digests mean equal images
 * @param size size of the image in bytes
 * @param chunks chunks of the image
 * @param bytesRead bytes read from the source
 * @param zeroBytes bytes of chunks that are all zero, known so beforehand or found so
 * @param inheritedBytes bytes of chunks taken over from the parent's index without reading them
 * @param deduplicatedBytes bytes of chunks that were read and found to be in the store
 * @param newBytes bytes of chunks that were stored, before compression
 * @param newChunks chunks that were stored, a zero chunk that was not there included
 * @param storedBytes bytes that those take in the store
 */
public record ImageWritten(
    String digest,
    long size,
    long chunks,
    long bytesRead,
    long zeroBytes,
    long inheritedBytes,
    long deduplicatedBytes,
    long newBytes,
    long newChunks,
    long storedBytes) {}
