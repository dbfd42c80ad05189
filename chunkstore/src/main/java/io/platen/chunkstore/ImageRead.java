package io.platen.chunkstore;

/**
 * What restoring an image did.
 *
 * @param size size of the image in bytes
 * @param chunks chunks of the image
 * @param bytesWritten bytes written to the file
 * @param zeroBytes bytes left as holes
 * @param bytesFetched compressed bytes read from the store
 */
public record ImageRead(
    long size, long chunks, long bytesWritten, long zeroBytes, long bytesFetched) {}
