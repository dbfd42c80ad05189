package io.platen.launch;

import java.nio.file.Path;

/**
 * A base image in the cache, and what it took to get it there: nothing, where it was there already.
 *
 * @param bytesFetched read from the store, compressed
 * @param bytesWritten written to the cache
 */
public record BaseImage(Path path, long bytesFetched, long bytesWritten) {}
