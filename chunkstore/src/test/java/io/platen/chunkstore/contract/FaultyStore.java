package io.platen.chunkstore.contract;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Any store, with a fault. */
public final class FaultyStore extends ForwardingStore {
  private final Fault fault;

  public FaultyStore(ChunkStore store, Fault fault) {
    super(store);
    this.fault = fault;
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    fault.before(Operation.READ, id.hex());
    int start = target.position();
    super.read(id, target);
    target.limit(start + fault.bytes(id.hex(), target.limit() - start));
    fault.after(Operation.READ, id.hex());
  }

  @Override
  public boolean has(ChunkId id) throws IOException {
    fault.before(Operation.HAS, id.hex());
    boolean there = super.has(id);
    fault.after(Operation.HAS, id.hex());
    return there;
  }

  @Override
  public StoreSession openSession() throws IOException {
    return new ForwardingSession(super.openSession()) {
      @Override
      public boolean claim(ChunkId id) throws IOException {
        fault.before(Operation.CLAIM, id.hex());
        boolean there = super.claim(id);
        fault.after(Operation.CLAIM, id.hex());
        return there;
      }

      @Override
      public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
        fault.before(Operation.PUT, id.hex());
        boolean stored = super.put(id, frame);
        fault.after(Operation.PUT, id.hex());
        return stored;
      }

      @Override
      public void sync() throws IOException {
        fault.before(Operation.SYNC, "");
        super.sync();
        fault.after(Operation.SYNC, "");
      }
    };
  }
}
