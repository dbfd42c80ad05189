package io.platen.chunkstore;

/**
 * What copying an image did.
 *
 * @param digest SHA-256 of the index, in hexadecimal
 * @param size size of the image in bytes
 * @param chunks chunks that the target lacked, and which were copied
 * @param bytes what those take in the store
 * @param lost chunks that the source does not have, or not whole; 0 unless that was allowed
 */
public record ImageCopied(String digest, long size, long chunks, long bytes, long lost) {}
