package io.platen.chunkstore.contract;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoredChunks;
import java.io.Closeable;
import java.io.IOException;

/** A store that a contract is tried on, empty at first, and ways to harm it behind its back. */
public interface StoreUnderTest extends Closeable {
  /** Opens it to add to it. The caller closes it before it is opened again. */
  ChunkStore open() throws IOException;

  /** The same chunks, as another process would read them. */
  StoredChunks reader() throws IOException;

  /** Its indexes. */
  IndexStore indexes() throws IOException;

  /** Documents beside its indexes; none yet. */
  DocumentStore documents() throws IOException;

  /** Puts other bytes in the place of a stored chunk's. */
  void overwriteChunk(ChunkId id, byte[] bytes) throws IOException;

  /** Removes a stored chunk. */
  void loseChunk(ChunkId id) throws IOException;

  /** Puts other bytes in the place of an index's. */
  void overwriteIndex(String name, byte[] bytes) throws IOException;

  /** Puts other bytes in the place of a document's, or where there is none. */
  void overwriteDocument(String name, byte[] bytes) throws IOException;

  /** Removes everything. */
  @Override
  void close() throws IOException;
}
