package io.platen.chunkstore.contract;

import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Any index store, with a fault. */
public final class FaultyIndexStore implements IndexStore {
  private final IndexStore indexes;
  private final Fault fault;

  public FaultyIndexStore(IndexStore indexes, Fault fault) {
    this.indexes = indexes;
    this.fault = fault;
  }

  @Override
  public Draft begin(String name) throws IOException {
    fault.before(Operation.INDEX_BEGIN, name);
    return new FaultyDraft(name, indexes.begin(name));
  }

  @Override
  public Draft begin(String name, StoreSession session) throws IOException {
    fault.before(Operation.INDEX_BEGIN, name);
    return new FaultyDraft(name, indexes.begin(name, session));
  }

  @Override
  public OptionalLong session(String name) throws IOException {
    return indexes.session(name);
  }

  @Override
  public Index open(String name) throws IOException {
    fault.before(Operation.INDEX_OPEN, name);
    return indexes.open(name);
  }

  @Override
  public boolean has(String name) throws IOException {
    fault.before(Operation.INDEX_HAS, name);
    return indexes.has(name);
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    fault.before(Operation.INDEX_LIST, "");
    indexes.list(visitor);
    fault.after(Operation.INDEX_LIST, "");
  }

  @Override
  public void remove(String name) throws IOException {
    fault.before(Operation.INDEX_REMOVE, name);
    indexes.remove(name);
    fault.after(Operation.INDEX_REMOVE, name);
  }

  @Override
  public String place() {
    return indexes.place();
  }

  @Override
  public String place(String name) {
    return indexes.place(name);
  }

  private final class FaultyDraft implements Draft {
    private final String name;
    private final Draft draft;

    FaultyDraft(String name, Draft draft) {
      this.name = name;
      this.draft = draft;
    }

    @Override
    public FileChannel channel() {
      return draft.channel();
    }

    @Override
    public Path path() {
      return draft.path();
    }

    @Override
    public void publish(String digest) throws IOException {
      fault.before(Operation.INDEX_PUBLISH, name);
      draft.publish(digest);
      fault.after(Operation.INDEX_PUBLISH, name);
    }

    @Override
    public void close() throws IOException {
      draft.close();
    }
  }
}
