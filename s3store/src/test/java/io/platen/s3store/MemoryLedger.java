package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.StoreUnavailable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A ledger that is gone with the process. Each method holds the lock: it is one transaction. */
final class MemoryLedger implements Ledger {
  private static final class Row {
    State state = State.FREE;
    long owner;
    int epoch;
    boolean bad;
    long bytes;

    Note note() {
      return new Note(state, epoch, bad);
    }
  }

  private final Map<ChunkId, Row> rows = new HashMap<>();
  private final Map<Long, Long> sessions = new HashMap<>();
  private final Set<String> purged = new HashSet<>();
  private final List<IndexRoot> related = new ArrayList<>();
  private final Map<String, Long> published = new HashMap<>();
  private boolean isCollectorDead;
  private boolean losesAnswer;
  private long generation;
  private long lastId;
  private long lease;

  /** Has images be likely to share chunks with this one. */
  synchronized void relate(IndexRoot root) {
    related.add(root);
  }

  /** Has an index be a root no more. */
  synchronized void purge(String index) {
    purged.add(index);
  }

  synchronized int openSessions() {
    return sessions.size();
  }

  synchronized boolean has(long session) {
    return sessions.containsKey(session);
  }

  synchronized boolean isLeased() {
    return lease != 0;
  }

  private Row row(ChunkId id) {
    return rows.computeIfAbsent(id, each -> new Row());
  }

  private void tidy() {
    rows.values().removeIf(row -> row.note().equals(Note.NONE));
  }

  @Override
  public synchronized void recover() throws java.io.IOException {
    sessions.clear();
    collect().orElseThrow().close();
  }

  @Override
  public synchronized void raise(Map<ChunkId, Integer> found) {
    found.forEach(
        (id, epoch) -> {
          Row row = row(id);
          if (row.epoch < epoch) {
            row.epoch = epoch;
            row.state = State.FREE;
            row.bad = false;
          }
        });
    tidy();
  }

  @Override
  public synchronized List<IndexRoot> related(String index) {
    return roots(related);
  }

  /** Says which session published an image; {@link #NONE} for none. */
  synchronized void publish(String name, long session) {
    published.put(name, session);
    sessions.remove(session);
  }

  @Override
  public synchronized long published(String name) {
    return published.getOrDefault(name, UNKNOWN);
  }

  @Override
  public synchronized List<Attempt> orphans(List<Attempt> attempts) {
    return attempts.stream()
        .filter(
            each ->
                published.containsKey(each.name())
                    && published(each.name()) != each.session()
                    && !sessions.containsKey(each.session()))
        .toList();
  }

  @Override
  public synchronized void endDeadCollection() throws java.io.IOException {
    if (isCollectorDead) {
      collect().orElseThrow().close();
    }
  }

  /** Has the process with the lease be believed dead. */
  synchronized void killCollector() {
    isCollectorDead = true;
  }

  /** The next answer to what changes something is lost, as where a connection breaks. */
  synchronized void loseAnswer() {
    losesAnswer = true;
  }

  private void answer() throws StoreUnavailable {
    if (losesAnswer) {
      losesAnswer = false;
      throw new StoreUnavailable("the answer was lost", new java.io.IOException("reset"));
    }
  }

  @Override
  public synchronized long openSession() throws StoreUnavailable {
    sessions.put(++lastId, generation);
    answer();
    return lastId;
  }

  @Override
  public synchronized void closeSessionsBut(Set<Long> open) {
    sessions.keySet().retainAll(open);
  }

  @Override
  public synchronized void closeSession(long session) {
    sessions.remove(session);
  }

  @Override
  public void notes(NoteVisitor visitor) throws java.io.IOException {
    Map<ChunkId, Note> all = new HashMap<>();
    synchronized (this) {
      rows.forEach((id, row) -> all.put(id, row.note()));
    }
    for (Map.Entry<ChunkId, Note> each : all.entrySet()) {
      visitor.visit(each.getKey(), each.getValue());
    }
  }

  @Override
  public synchronized Map<ChunkId, Integer> epochs() {
    Map<ChunkId, Integer> epochs = new HashMap<>();
    rows.forEach(
        (id, row) -> {
          if (row.epoch > 0) {
            epochs.put(id, row.epoch);
          }
        });
    return epochs;
  }

  @Override
  public synchronized Note note(ChunkId id) {
    Row row = rows.get(id);
    return row == null ? Note.NONE : row.note();
  }

  @Override
  public synchronized Note look(ChunkId id) {
    Row row = rows.get(id);
    if (row == null) {
      return Note.NONE;
    }
    if (row.state == State.CONDEMNED) {
      row.state = State.FREE;
    }
    Note note = row.note();
    tidy();
    return note;
  }

  @Override
  public synchronized List<IndexRoot> roots(List<IndexRoot> indexes) {
    return indexes.stream().filter(root -> !purged.contains(root.name())).toList();
  }

  @Override
  public synchronized void markBad(ChunkId id, int epoch) {
    Row row = row(id);
    row.bad |= row.epoch == epoch;
    tidy();
  }

  @Override
  public synchronized void unmarkBad(ChunkId id, int epoch) {
    Row row = row(id);
    row.bad &= row.epoch != epoch;
    tidy();
  }

  @Override
  public synchronized Optional<Lease> collect() throws StoreUnavailable {
    lease = ++lastId;
    for (Row row : rows.values()) {
      if (row.state == State.DELETING) {
        row.epoch++;
        row.bad = false;
      }
      row.state = State.FREE;
    }
    tidy();
    isCollectorDead = false;
    answer();
    return Optional.of(new MemoryLease(lease));
  }

  private final class MemoryLease implements Lease {
    private final long id;

    MemoryLease(long id) {
      this.id = id;
    }

    private void require() throws LeaseLost {
      if (lease != id) {
        throw new LeaseLost();
      }
    }

    @Override
    public void condemn(List<Garbage> chunks) throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        for (Garbage each : chunks) {
          Row row = row(each.id());
          if (row.state == State.FREE && row.epoch == each.epoch()) {
            row.state = State.CONDEMNED;
            row.bytes = each.bytes();
          }
        }
      }
    }

    @Override
    public long raiseGeneration() throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        return ++generation;
      }
    }

    @Override
    public boolean hasSessionsBefore(long than) throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        return sessions.values().stream().anyMatch(each -> each < than);
      }
    }

    @Override
    public void pardon(List<ChunkId> ids) throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        for (ChunkId each : ids) {
          Row row = rows.get(each);
          if (row != null && row.state == State.CONDEMNED) {
            row.state = State.FREE;
          }
        }
        tidy();
      }
    }

    @Override
    public List<Garbage> condemned(int most) throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        return rows.entrySet().stream()
            .filter(each -> each.getValue().state == State.CONDEMNED)
            .sorted(Comparator.comparing(Map.Entry::getKey))
            .limit(most)
            .map(MemoryLease::garbage)
            .toList();
      }
    }

    private static Garbage garbage(Map.Entry<ChunkId, Row> each) {
      return new Garbage(each.getKey(), each.getValue().epoch, each.getValue().bytes);
    }

    @Override
    public List<Garbage> take(List<ChunkId> ids) throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        List<Garbage> taken = new ArrayList<>();
        for (ChunkId each : ids) {
          Row row = rows.get(each);
          if (row != null && row.state == State.CONDEMNED) {
            row.state = State.DELETING;
            row.owner = id;
            taken.add(new Garbage(each, row.epoch, row.bytes));
          }
        }
        return taken;
      }
    }

    @Override
    public void settle(List<ChunkId> gone, List<ChunkId> kept, List<ChunkId> unknown)
        throws LeaseLost {
      synchronized (MemoryLedger.this) {
        require();
        gone.forEach(each -> settle(each, true, 0));
        kept.forEach(each -> settle(each, false, 0));
        unknown.forEach(each -> settle(each, true, 1));
        tidy();
      }
    }

    private void settle(ChunkId chunk, boolean left, int epochs) {
      Row row = rows.get(chunk);
      if (row != null && row.state == State.DELETING && row.owner == id) {
        row.state = State.FREE;
        row.epoch += epochs;
        row.bad &= !left;
      }
    }

    @Override
    public void close() {
      synchronized (MemoryLedger.this) {
        if (lease == id) {
          lease = 0;
          for (Row row : rows.values()) {
            if (row.state == State.DELETING && row.owner == id) {
              row.state = State.FREE;
              row.epoch++;
              row.bad = false;
            }
          }
        }
      }
    }
  }
}
