package io.platen.chunkstore;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An image whose index is published, and whose chunks are all there.
 *
 * @param size of the image, in bytes
 * @param digest SHA-256 of the index, in hexadecimal
 */
public record PublishedImage(long size, String digest) {
  /**
   * Looks at an index, and for each chunk that it names.
   *
   * @return empty where there is no index of this name, it is not sound, or a chunk is missing
   * @throws Cancelled after a cancellation
   */
  public static Optional<PublishedImage> find(
      String name, IndexStore indexes, StoredChunks store, Cancellation cancellation)
      throws IOException {
    try (Index index = indexes.open(name)) {
      return hasAll(index, store, cancellation)
          ? Optional.of(new PublishedImage(index.size(), index.digest(cancellation)))
          : Optional.empty();
    } catch (IndexMissing | IndexCorrupt e) {
      return Optional.empty(); // it is made anew
    }
  }

  private static boolean hasAll(Index index, StoredChunks store, Cancellation cancellation)
      throws IOException {
    @Nullable ChunkId before = null;
    for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
      cancellation.check("looking for the chunks of " + index.place());
      ChunkId id = ids.next();
      if (!id.equals(before) && !store.has(id)) {
        return false;
      }
      before = id;
    }
    return true;
  }
}
