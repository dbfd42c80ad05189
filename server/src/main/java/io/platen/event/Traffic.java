package io.platen.event;

/**
 * What the work of an event moved.
 *
 * @param bytesRead bytes read from the disk (capture) or from the store, compressed (launch)
 * @param bytesStored bytes added to the store, compressed (capture), or written to the cache
 *     (launch)
 */
public record Traffic(long bytesRead, long bytesStored) {
  public static final Traffic NONE = new Traffic(0, 0);
}
