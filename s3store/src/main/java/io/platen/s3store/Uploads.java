package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Puts chunks beside the work of those who made them, all sessions of the process together: a
 * bounded number at a time, of bounded bytes. Who has more waits.
 */
final class Uploads {
  /**
   * How many at a time. Ceph on two cores takes no more with more than 16 to 64 (150 to 240 a
   * second); over a longer way, each one waits longer.
   */
  static final int REQUESTS = 64;

  /** What they may take together, in KiB: 32 MiB, of chunks of 0.4 MB on average 64 and more. */
  private static final int KIB = 32 << 10;

  private final Bucket bucket;
  private final Ledger ledger;
  private final Presence presence;
  private final Semaphore requests = new Semaphore(REQUESTS, true);
  private final Semaphore kib = new Semaphore(KIB, true);
  private final Map<Keys.Chunk, CompletableFuture<Void>> running = new ConcurrentHashMap<>();
  private volatile boolean closed;

  Uploads(Bucket bucket, Ledger ledger, Presence presence) {
    this.bucket = bucket;
    this.ledger = ledger;
    this.presence = presence;
  }

  /** The upload of a chunk to the key of this epoch; null where none is under way. */
  @Nullable CompletableFuture<Void> find(ChunkId id, int epoch) {
    return running.get(new Keys.Chunk(id, epoch));
  }

  /**
   * Begins an upload, once there is room for it.
   *
   * @param frame copied before this returns
   * @param bad whether wrong bytes were noted of the object that it replaces
   * @return it; null where another one of the same chunk has begun meanwhile
   */
  @Nullable CompletableFuture<Void> begin(ChunkId id, int epoch, ByteBuffer frame, boolean bad)
      throws IOException {
    int size = Math.min(KIB, 1 + frame.remaining() / 1024);
    requests.acquireUninterruptibly();
    kib.acquireUninterruptibly(size);
    Keys.Chunk chunk = new Keys.Chunk(id, epoch);
    CompletableFuture<Void> upload = new CompletableFuture<>();
    boolean started = false;
    try {
      if (closed) {
        throw new StoreUnavailable(bucket.place() + " is closed", new IOException("closed"));
      }
      // Before others may wait for it: for bytes of which there is no copy they would for ever.
      byte[] bytes = new byte[frame.remaining()];
      frame.get(frame.position(), bytes);
      if (running.putIfAbsent(chunk, upload) != null) {
        return null;
      }
      Thread.ofVirtual()
          .name("put-" + id)
          .start(
              () -> {
                try {
                  put(chunk, bytes, bad, upload);
                } finally {
                  release(size);
                }
              });
      started = true;
      return upload;
    } finally {
      if (!started) {
        release(size);
      }
    }
  }

  private void put(Keys.Chunk chunk, byte[] bytes, boolean bad, CompletableFuture<Void> upload) {
    try {
      bucket.put(Keys.chunk(chunk.id(), chunk.epoch()), bytes);
      if (bad) {
        ledger.unmarkBad(chunk.id(), chunk.epoch());
      }
      // Before it is no longer under way, so that there is no moment in which nobody knows it.
      presence.add(chunk.id());
      running.remove(chunk);
      upload.complete(null);
    } catch (IOException | RuntimeException | Error e) {
      running.remove(chunk);
      upload.completeExceptionally(e);
    }
  }

  private void release(int size) {
    kib.release(size);
    requests.release();
  }

  boolean isOpen() {
    return !closed;
  }

  /** Takes no more, and waits for those that are under way. */
  void close() {
    closed = true;
    requests.acquireUninterruptibly(REQUESTS);
    requests.release(REQUESTS);
  }
}
