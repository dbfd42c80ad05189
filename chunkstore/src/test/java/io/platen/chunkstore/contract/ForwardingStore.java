package io.platen.chunkstore.contract;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;

/** A store that passes everything on; tests override what is to go otherwise. */
public class ForwardingStore implements ChunkStore {
  private final ChunkStore store;

  public ForwardingStore(ChunkStore store) {
    this.store = store;
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    store.read(id, target);
  }

  @Override
  public boolean has(ChunkId id) throws IOException {
    return store.has(id);
  }

  @Override
  public boolean isEmpty() throws IOException {
    return store.isEmpty();
  }

  @Override
  public void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException {
    store.sizes(ids, visitor);
  }

  @Override
  public Total count() throws IOException {
    return store.count();
  }

  @Override
  public OptionalLong freeBytes() throws IOException {
    return store.freeBytes();
  }

  @Override
  public boolean isUsable() {
    return store.isUsable();
  }

  @Override
  public String place() {
    return store.place();
  }

  @Override
  public StoreSession openSession() throws IOException {
    return store.openSession();
  }

  @Override
  public StoreMaintenance maintenance() {
    return store.maintenance();
  }

  @Override
  public boolean isWriting() {
    return store.isWriting();
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
