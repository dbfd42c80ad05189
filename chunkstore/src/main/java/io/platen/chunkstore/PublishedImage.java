package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An image whose index is published, and whose chunks are all there.
 *
 * @param size of the image, in bytes
 * @param digest SHA-256 of the index file, in hexadecimal
 */
public record PublishedImage(long size, String digest) {
  /**
   * Looks at an index, and for each chunk that it names.
   *
   * @return empty where there is no such file, it is not sound, or a chunk is missing
   * @throws Cancelled after a cancellation
   */
  public static Optional<PublishedImage> find(
      Path file, FileChunkStore store, Cancellation cancellation) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (Index index = Index.open(file)) {
      return hasAll(index, store, cancellation)
          ? Optional.of(new PublishedImage(index.size(), RootWalk.digest(file, cancellation)))
          : Optional.empty();
    } catch (IndexCorrupt e) {
      return Optional.empty(); // it is made anew
    }
  }

  private static boolean hasAll(Index index, FileChunkStore store, Cancellation cancellation)
      throws IOException {
    @Nullable ChunkId before = null;
    for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
      cancellation.check("looking for the chunks of " + index.file());
      ChunkId id = ids.next();
      if (!id.equals(before) && !store.has(id)) {
        return false;
      }
      before = id;
    }
    return true;
  }
}
