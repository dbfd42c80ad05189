package io.platen.launch;

import java.io.IOException;
import java.util.function.Predicate;

/** Knows which base images have to stay in the cache. */
@FunctionalInterface
public interface ImagesInUse {
  /**
   * Looks, once for each eviction.
   *
   * @return whether the image of an index with this SHA-256, in hexadecimal, has to stay; asked
   *     while that image is locked
   * @throws IOException where that can't be known: no image is removed then
   */
  Predicate<String> now() throws IOException;
}
