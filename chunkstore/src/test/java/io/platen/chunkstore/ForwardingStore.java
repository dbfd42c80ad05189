package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A store that passes everything on; tests override what is to go wrong. */
class ForwardingStore implements ChunkStore {
  private final ChunkStore store;

  ForwardingStore(ChunkStore store) {
    this.store = store;
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    store.read(id, target);
  }

  @Override
  public StoreSession openSession() throws IOException {
    return store.openSession();
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
