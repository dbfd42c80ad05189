package io.platen.s3store;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.Collected;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The store in a bucket, open for adding: by this process and any number of others that share the
 * ledger. A put is durable and whole when it is answered, so nothing is left to clean up of one
 * that was not.
 */
final class S3ChunkStore implements ChunkStore, StoreMaintenance {
  private static final ChunkIdSet NOTHING = new ChunkIdSet(0, ChunkIdSet.PREFIXES);

  private final Bucket bucket;
  private final Ledger ledger;
  private final IndexStore indexes;
  private final S3Chunks chunks;
  private final Presence presence;
  private final Uploads uploads;
  private final Set<S3Session> sessions = ConcurrentHashMap.newKeySet();
  private final Set<Long> rows = ConcurrentHashMap.newKeySet();
  private final ReentrantReadWriteLock opening = new ReentrantReadWriteLock();
  private final Set<Long> unended = ConcurrentHashMap.newKeySet();
  private final Set<Ledger.Lease> unreturned = ConcurrentHashMap.newKeySet();
  private final Insistence endings = new Insistence("end-what-is-open");
  private final ReentrantLock collecting = new ReentrantLock();

  /** Whether a row may be there of a session that nobody has. */
  private volatile boolean hasLostRow;

  /** Whether this node may have the lease without knowing it. */
  private volatile boolean hasLostLease;

  S3ChunkStore(Bucket bucket, Ledger ledger, IndexStore indexes) {
    this.bucket = bucket;
    this.ledger = ledger;
    this.indexes = indexes;
    chunks = new S3Chunks(bucket, ledger);
    presence = new Presence(bucket);
    uploads = new Uploads(bucket, ledger, presence);
  }

  Bucket bucket() {
    return bucket;
  }

  Ledger ledger() {
    return ledger;
  }

  Presence presence() {
    return presence;
  }

  Uploads uploads() {
    return uploads;
  }

  @Override
  public StoreSession openSession() throws IOException {
    return open(null);
  }

  @Override
  public StoreSession openSession(String index) throws IOException {
    return open(index);
  }

  private StoreSession open(@Nullable String index) throws IOException {
    presence.prepare();
    // First of all: nothing that was learned before counts.
    long row = openRow();
    try {
      SessionNotes notes = SessionNotes.read(ledger);
      S3Session session = new S3Session(this, row, notes, index == null ? NOTHING : named(index));
      sessions.add(session);
      return session;
    } catch (IOException | RuntimeException e) {
      endSession(row);
      throw e;
    }
  }

  private long openRow() throws IOException {
    opening.readLock().lock();
    try {
      long row = ledger.openSession();
      rows.add(row);
      return row;
    } catch (IOException e) {
      // Perhaps it was written, and only the answer was lost: collections would wait for it.
      hasLostRow = true;
      endings.begin(this::endUnended);
      throw e;
    } finally {
      opening.readLock().unlock();
    }
  }

  /** Ends the sessions that nobody has, while none is being opened. */
  private void endLostRows() throws IOException {
    opening.writeLock().lock();
    try {
      ledger.closeSessionsBut(Set.copyOf(rows));
      hasLostRow = false;
    } finally {
      opening.writeLock().unlock();
    }
  }

  /** Takes the lease and gives it back; a collection under way has one that it knows of. */
  private void endLostLease() throws IOException {
    if (collecting.tryLock()) {
      try {
        Optional<Ledger.Lease> lease = ledger.collect();
        if (lease.isPresent()) {
          lease.get().close();
        }
        hasLostLease = false;
      } finally {
        collecting.unlock();
      }
    }
  }

  /** The lease of the store; empty where another node has it. */
  Optional<Ledger.Lease> lease() throws IOException {
    try {
      return ledger.collect();
    } catch (IOException e) {
      // As of a session: other nodes would wait for a collection that there is not.
      hasLostLease = true;
      endings.begin(this::endUnended);
      throw e;
    }
  }

  /** The chunks of related images, of those that are roots still once all were read. */
  private ChunkIdSet named(String image) throws IOException {
    List<IndexRoot> roots = ledger.related(image);
    while (true) {
      ChunkIdSet named = new ChunkIdSet(0, ChunkIdSet.PREFIXES);
      List<IndexRoot> read = new ArrayList<>();
      for (IndexRoot root : roots) {
        if (addNamed(root, named)) {
          read.add(root);
        }
      }
      List<IndexRoot> still = read.isEmpty() ? List.of() : ledger.roots(read);
      if (still.size() == read.size()) {
        return named;
      }
      // One of them is a root no more: what it alone named may be deleted by now.
      roots = still;
    }
  }

  private boolean addNamed(IndexRoot root, ChunkIdSet named) throws IOException {
    try (Index index = indexes.open(root.name())) {
      String digest = root.digest();
      if (digest == null || !index.digest(new Cancellation()).equals(digest)) {
        return false;
      }
      for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
        named.put(ids.next(), 1);
      }
      return true;
    } catch (IndexMissing | IndexCorrupt e) {
      // Removed since it was a root; or bad, which a verification says. Chunks are asked for then.
      return false;
    }
  }

  /** Whether a session was open until now. */
  boolean forget(S3Session session) {
    return sessions.remove(session);
  }

  /** Removes a session's row, if need be as soon as the database can be asked again. */
  void endSession(long row) {
    try {
      ledger.closeSession(row);
    } catch (IOException e) {
      unended.add(row);
      endings.begin(this::endUnended);
    }
    rows.remove(row);
  }

  /** Gives the lease back, if need be as soon as the database can be asked again. */
  private void endCollection(Ledger.Lease lease) {
    try {
      lease.close();
    } catch (IOException e) {
      unreturned.add(lease);
      endings.begin(this::endUnended);
    }
  }

  private void endUnended() throws IOException {
    for (Long row : List.copyOf(unended)) {
      ledger.closeSession(row);
      unended.remove(row);
    }
    for (Ledger.Lease lease : List.copyOf(unreturned)) {
      lease.close();
      unreturned.remove(lease);
    }
    if (hasLostRow) {
      endLostRows();
    }
    if (hasLostLease) {
      endLostLease();
    }
  }

  @Override
  public StoreMaintenance maintenance() {
    return this;
  }

  @Override
  public Collected collect(
      IndexRoots roots,
      boolean dryRun,
      Pace pace,
      CollectionListener listener,
      Cancellation cancellation)
      throws IOException {
    if (!collecting.tryLock()) {
      throw new IllegalStateException("a collection of this store is under way already");
    }
    try {
      return new S3Collection(
              bucket, ledger, roots, pace, listener, cancellation, this::lease, this::endCollection)
          .run(dryRun);
    } finally {
      collecting.unlock();
    }
  }

  /**
   * Notes that the chunk is bad. Its object stays where it is: a session that was told of it may be
   * about to publish, and the next one that has its bytes puts them there.
   */
  @Override
  public boolean setAside(ChunkId id) throws IOException {
    for (S3Session session : sessions) {
      if (session.mayHold(id)) {
        return false;
      }
    }
    int epoch = ledger.note(id).epoch();
    if (bucket.size(Keys.chunk(id, epoch)).isPresent()) {
      ledger.markBad(id, epoch);
    } else {
      ledger.unmarkBad(id, epoch);
    }
    return true;
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    chunks.read(id, target);
  }

  @Override
  public boolean has(ChunkId id) throws IOException {
    return chunks.has(id);
  }

  @Override
  public boolean isEmpty() throws IOException {
    return chunks.isEmpty();
  }

  @Override
  public void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException {
    chunks.sizes(ids, visitor);
  }

  @Override
  public Total count() throws IOException {
    return chunks.count();
  }

  @Override
  public OptionalLong freeBytes() {
    return chunks.freeBytes();
  }

  @Override
  public boolean isUsable() {
    return chunks.isUsable();
  }

  @Override
  public String place() {
    return chunks.place();
  }

  @Override
  public boolean isWriting() {
    return uploads.isOpen();
  }

  @Override
  public void close() {
    presence.stop();
    endings.stop();
    uploads.close();
  }
}
