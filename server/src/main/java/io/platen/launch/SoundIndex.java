package io.platen.launch;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An image's index from wherever it is sound. */
public final class SoundIndex {
  private SoundIndex() {}

  /**
   * Opens the index of the first of these stores that has it with the right bytes. The caller
   * closes it.
   *
   * @param stores at least one
   * @param digest the SHA-256 that it must have, in hexadecimal
   * @throws IndexMissing where the first store lacks it, and none of the others has it sound
   * @throws IndexCorrupt where it is damaged in the first store, and none of the others has it
   *     sound
   * @throws io.platen.chunkstore.StoreUnavailable where one of them can't be asked
   */
  public static Index open(
      List<IndexStore> stores, String name, String digest, Cancellation cancellation)
      throws IOException {
    @Nullable IOException first = null;
    for (var store : stores) {
      try {
        return open(store, name, digest, cancellation);
      } catch (IndexMissing | IndexCorrupt e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    throw first == null ? new IndexMissing(name) : first;
  }

  private static Index open(IndexStore store, String name, String digest, Cancellation cancellation)
      throws IOException {
    var index = store.open(name);
    try {
      index.requireDigest(digest, cancellation);
      return index;
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }
}
