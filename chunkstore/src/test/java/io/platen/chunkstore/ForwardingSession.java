package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A session that passes everything on; tests override what is to go wrong. */
class ForwardingSession implements StoreSession {
  private final StoreSession session;

  ForwardingSession(StoreSession session) {
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
  public void close() throws IOException {
    session.close();
  }
}
