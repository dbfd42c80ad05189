package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.PinFilter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Which chunks the bucket may have, as far as this process knows: so that nobody has to be asked
 * about what is certainly new. It may err either way. A chunk that is there and not known is put
 * once more, the same bytes under the same key; one that is known and gone is asked for.
 *
 * <p>The bucket is listed once, a thousand chunks a request: a few thousand before the first
 * session, the rest beside the work. What is not listed, in a very large bucket for good, may be
 * there.
 */
final class Presence {
  private static final int FIRST = 10_000;

  /** Of more than that the filter would wrongly hold too many others to be worth the requests. */
  private static final int MOST = 8_000_000;

  private final Bucket bucket;
  private final PinFilter seen = new PinFilter();
  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile boolean complete;
  private volatile boolean stopped;

  /** Chunks of epoch 0 up to this one are listed; null before the first. */
  private volatile @Nullable ChunkId listed;

  Presence(Bucket bucket) {
    this.bucket = bucket;
  }

  /** Whether a chunk may be there. */
  boolean mayHold(ChunkId id) {
    if (complete || seen.mayHold(id)) {
      return seen.mayHold(id);
    }
    ChunkId last = listed;
    return last == null || id.compareTo(last) > 0;
  }

  /** Notes that a chunk is there. */
  void add(ChunkId id) {
    seen.add(id);
  }

  /** Begins to list, where that was not done. */
  void prepare() throws IOException {
    if (!begun.compareAndSet(false, true)) {
      return;
    }
    try {
      for (int epoch : new Listing(bucket).epochs()) {
        if (epoch > 0) {
          list(epoch, null, Long.MAX_VALUE);
        }
      }
      if (list(0, null, FIRST)) {
        complete = true;
        return;
      }
    } catch (IOException | RuntimeException e) {
      begun.set(false);
      throw e;
    }
    Thread.ofVirtual().name("list-store").start(this::listRest);
  }

  private void listRest() {
    ChunkId last = listed;
    try {
      complete = list(0, last == null ? null : Keys.chunk(last, 0), MOST);
    } catch (IOException e) {
      // The rest is asked for; the next session tries again.
      begun.set(false);
    }
  }

  private boolean list(int epoch, @Nullable String after, long most) throws IOException {
    long[] left = {most};
    return bucket
        .lists()
        .objects(
            Keys.store(epoch),
            after,
            (key, bytes) -> {
              Keys.Chunk chunk = Keys.chunk(key);
              if (chunk != null) {
                seen.add(chunk.id());
                if (epoch == 0) {
                  listed = chunk.id();
                }
              }
              return --left[0] > 0 && !stopped;
            });
  }

  /** Ends a list that is under way. */
  void stop() {
    stopped = true;
  }
}
