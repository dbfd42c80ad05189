package io.platen.chunkstore.contract;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A session that passes everything on; tests override what is to go otherwise. */
public class ForwardingSession implements StoreSession {
  private final StoreSession session;

  public ForwardingSession(StoreSession session) {
    this.session = session;
  }

  @Override
  public boolean claim(ChunkId id) throws IOException {
    return session.claim(id);
  }

  @Override
  public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
    return session.put(id, frame);
  }

  @Override
  public void sync() throws IOException {
    session.sync();
  }

  @Override
  public long number() {
    return session.number();
  }

  @Override
  public void close() throws IOException {
    session.close();
  }
}
