package io.platen.chunkstore;

import java.io.IOException;

/** Hears of each step of a collection, before it is done. What it throws ends it at that point. */
public interface CollectionListener {
  /** Hears nothing. */
  CollectionListener NONE = new CollectionListener() {};

  /**
   * An index is read.
   *
   * @param index its name
   */
  default void marking(String index) throws IOException {}

  /** Every index that is needed was read, and is sound; nothing was removed yet. Called once. */
  default void marked() throws IOException {}

  /** A chunk is removed, unless it turns out at this moment that a session needs it. */
  default void removing(ChunkId id) throws IOException {}
}
