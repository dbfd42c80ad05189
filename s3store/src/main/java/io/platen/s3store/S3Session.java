package io.platen.s3store;

import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.PinFilter;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One image's dealings with a bucket, under a row of the ledger. */
final class S3Session implements StoreSession {
  private static final long LOOK_AGAIN_MILLIS = 50;

  /** From then on it is asked whether the collection lives. */
  private static final long SUSPICIOUS_NANOS = Duration.ofSeconds(3).toNanos();

  /** A collection deletes a thousand chunks at a time, which takes a few seconds. */
  private static final long DELETION_NANOS = Duration.ofSeconds(60).toNanos();

  private final S3ChunkStore store;
  private final long row;

  /** What was noted when the session began; of other chunks nothing was. */
  private final SessionNotes notes;

  private final PinFilter claimed = new PinFilter();

  /** Chunks that a root named when the notes were read, or later. */
  private final ChunkIdSet named;

  /** What this session put or found after it had looked; guarded by itself. */
  private final ChunkIdSet known = new ChunkIdSet(0, ChunkIdSet.PREFIXES);

  private final Map<Keys.Chunk, CompletableFuture<Void>> uploads = new ConcurrentHashMap<>();
  private volatile @Nullable Throwable failure;

  /**
   * @param row its row in the ledger
   * @param named chunks that a root named when the notes were read, or later
   */
  S3Session(S3ChunkStore store, long row, SessionNotes notes, ChunkIdSet named) {
    this.store = store;
    this.row = row;
    this.notes = notes;
    this.named = named;
  }

  /** Whether the chunk may be one that the image needs. */
  boolean mayHold(ChunkId id) {
    return claimed.mayHold(id);
  }

  @Override
  public boolean claim(ChunkId id) throws IOException {
    claimed.add(id);
    if (isKnown(id)) {
      return true;
    }
    Ledger.Note note = look(id);
    if (isUnderWay(id, note.epoch())) {
      return true;
    }
    if (note.bad()) {
      return false;
    }
    if (!store.presence().mayHold(id) || !store.bucket().seems(Keys.chunk(id, note.epoch()))) {
      return false;
    }
    know(id);
    return true;
  }

  @Override
  public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
    claimed.add(id);
    if (isKnown(id)) {
      return false;
    }
    throwFailure();
    Ledger.Note note = look(id);
    if (isUnderWay(id, note.epoch())) {
      return false;
    }
    CompletableFuture<Void> upload = store.uploads().begin(id, note.epoch(), frame, note.bad());
    if (upload == null) {
      return !isUnderWay(id, note.epoch()) && put(id, frame);
    }
    await(new Keys.Chunk(id, note.epoch()), upload);
    return true;
  }

  private boolean isUnderWay(ChunkId id, int epoch) {
    CompletableFuture<Void> upload = store.uploads().find(id, epoch);
    if (upload == null) {
      return false;
    }
    await(new Keys.Chunk(id, epoch), upload);
    return true;
  }

  private void await(Keys.Chunk chunk, CompletableFuture<Void> upload) {
    uploads.put(chunk, upload);
    CompletableFuture<Void> noted =
        upload.whenComplete(
            (done, e) -> {
              if (e == null) {
                know(chunk.id());
              } else {
                failure = e;
              }
              uploads.remove(chunk);
            });
    // What failed is thrown by sync.
    noted.exceptionally(e -> null);
  }

  private boolean isKnown(ChunkId id) {
    // Of what was noted a root may have lost its name before the look, and a collection the chunk.
    if (!notes.mayHave(id) && named.contains(id)) {
      return true;
    }
    synchronized (known) {
      return known.contains(id);
    }
  }

  private void know(ChunkId id) {
    synchronized (known) {
      known.put(id, 1);
    }
  }

  /** Looks at a chunk, and waits until it is not being deleted. */
  private Ledger.Note look(ChunkId id) throws IOException {
    if (!notes.mayHave(id)) {
      return Ledger.Note.NONE;
    }
    long begun = System.nanoTime();
    while (true) {
      Ledger.Note note = store.ledger().look(id);
      if (note.state() != Ledger.State.DELETING) {
        return note;
      }
      long waited = System.nanoTime() - begun;
      if (waited > SUSPICIOUS_NANOS) {
        store.ledger().endDeadCollection();
      }
      if (waited > DELETION_NANOS) {
        String what = "chunk " + id + " is being deleted by a collection that does not go on";
        throw new StoreUnavailable(store.place() + ": " + what, new IOException(what));
      }
      try {
        Thread.sleep(LOOK_AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Cancelled("the wait for a chunk that is being deleted was interrupted");
      }
    }
  }

  @Override
  public void sync() throws IOException {
    for (CompletableFuture<Void> upload : uploads.values()) {
      try {
        upload.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Cancelled("the wait for uploads was interrupted");
      } catch (ExecutionException e) {
        failure = e.getCause();
      }
    }
    throwFailure();
  }

  private void throwFailure() throws IOException {
    Throwable e = failure;
    if (e instanceof StoreUnavailable) {
      throw new StoreUnavailable(String.valueOf(e.getMessage()), e);
    }
    if (e instanceof IOException io) {
      throw io;
    }
    if (e != null) {
      throw new IOException("a chunk could not be put: " + e, e);
    }
  }

  @Override
  public long number() {
    return row;
  }

  @Override
  public void close() throws IOException {
    if (store.forget(this)) {
      store.endSession(row);
    }
  }
}
