package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;

/** Stored chunks, by one process to be read and added to. Safe for use by several threads. */
public interface ChunkStore extends ChunkSource, Closeable {
  /** Begins to add chunks for one image. */
  StoreSession openSession() throws IOException;
}
