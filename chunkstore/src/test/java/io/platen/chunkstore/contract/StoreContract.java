package io.platen.chunkstore.contract;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.Workspaces;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A store of its own for each test, open, with what the contracts do with it. */
abstract class StoreContract {
  /** Longer than any frame. */
  static final int BUFFER_BYTES = 2 << 20;

  final Workspaces workspaces = new Workspaces(8);
  StoreUnderTest made;
  ChunkStore store;
  IndexStore indexes;
  PoolImages images;

  /** Makes a store that is empty. */
  protected abstract StoreUnderTest make() throws IOException;

  @BeforeEach
  final void openStore() throws IOException {
    made = make();
    store = made.open();
    indexes = made.indexes();
    images = new PoolImages(indexes);
  }

  @AfterEach
  final void closeStore() throws IOException {
    store.close();
    workspaces.close();
    made.close();
  }

  final String capture(String name, Integer... chunks) throws IOException {
    return images.capture(store, workspaces, name, List.of(chunks), null, new Cancellation());
  }

  static ByteBuffer frame(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }
}
