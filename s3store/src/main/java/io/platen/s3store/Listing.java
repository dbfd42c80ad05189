package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Lists the chunks of a bucket, those of all epochs. */
final class Listing {
  /** Hears of a chunk's object. */
  @FunctionalInterface
  interface Visitor {
    void visit(ChunkId id, int epoch, long bytes) throws IOException;
  }

  /** Of how many chunks the ledger is told together. */
  private static final int TOGETHER = 1000;

  private final Bucket bucket;

  Listing(Bucket bucket) {
    this.bucket = bucket;
  }

  /** The epochs of which there are objects, in order. */
  List<Integer> epochs() throws IOException {
    return bucket.lists().folders(Keys.CHUNKS).stream()
        .map(Keys::epoch)
        .filter(OptionalInt::isPresent)
        .map(OptionalInt::getAsInt)
        .sorted()
        .toList();
  }

  /**
   * Tells a ledger of all chunks at other epochs than the first, the highest of each in the end.
   */
  void followEpochs(Ledger ledger) throws IOException {
    for (int epoch : epochs()) {
      if (epoch > 0) {
        Map<ChunkId, Integer> some = new HashMap<>();
        bucket
            .lists()
            .objects(
                Keys.store(epoch),
                null,
                (key, bytes) -> {
                  Keys.Chunk chunk = Keys.chunk(key);
                  if (chunk != null) {
                    some.put(chunk.id(), epoch);
                  }
                  if (some.size() == TOGETHER) {
                    ledger.raise(some);
                    some.clear();
                  }
                  return true;
                });
        ledger.raise(some);
      }
    }
  }

  /**
   * Lists the chunks whose prefixes are from {@code from} to before {@code end}; each object once,
   * of those that are there during the whole call.
   */
  void visit(int from, int end, Visitor visitor) throws IOException {
    for (int epoch : epochs()) {
      bucket
          .lists()
          .objects(
              Keys.store(epoch),
              from == 0 ? null : Keys.from(from, epoch),
              (key, bytes) -> {
                Keys.Chunk chunk = Keys.chunk(key);
                if (chunk == null) {
                  return true;
                }
                int prefix = ChunkIdSet.prefix(chunk.id());
                if (prefix >= from && prefix < end) {
                  visitor.visit(chunk.id(), chunk.epoch(), bytes);
                }
                return prefix < end;
              });
    }
  }
}
