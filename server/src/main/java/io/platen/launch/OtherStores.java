package io.platen.launch;

import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.IndexStore;
import java.util.List;

/** The stores besides this node's in which an image may be, too. */
@FunctionalInterface
public interface OtherStores {
  /** No store has what this node's has. */
  OtherStores NONE = name -> List.of();

  /**
   * A store that this node can read.
   *
   * @param name as rows of the database have it
   * @param place where it is, for messages
   */
  record Source(String name, String place, IndexStore indexes, ChunkSource chunks) {}

  /**
   * Those that have an image, as far as is known, and that this node can read; in the order in
   * which they are best asked.
   *
   * @param name of its index
   */
  List<Source> of(String name);
}
