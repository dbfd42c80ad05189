package io.platen.s3store;

import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.StoredChunks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The chunks in a bucket, for reading alone. Each is read at the key of its epoch, or, where it is
 * missing there, at a former one; one that is noted as bad counts as missing, until it was put
 * again.
 */
final class S3Chunks implements StoredChunks {
  /** With more ids than this it takes fewer requests to list their range. */
  private static final int ASKED_EACH = 200;

  /** How long the epochs are taken to be what they were. */
  private static final long EPOCHS_NANOS = Duration.ofSeconds(10).toNanos();

  private record Epochs(Map<ChunkId, Integer> of, long readAt) {}

  private final Bucket bucket;
  private final Ledger ledger;
  private volatile @Nullable Epochs epochs;

  S3Chunks(Bucket bucket, Ledger ledger) {
    this.bucket = bucket;
    this.ledger = ledger;
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    int epoch = epochs(false).getOrDefault(id, 0);
    OptionalLong bytes = read(id, epoch, target);
    if (bytes.isEmpty()) {
      int now = epochs(true).getOrDefault(id, 0);
      bytes = now == epoch ? bytes : read(id, now, target);
      for (int former = now - 1; bytes.isEmpty() && former >= 0; former--) {
        // It may be gone at any time, and is right as long as it is there: its hash is checked.
        bytes = read(id, former, target);
      }
    }
    if (bytes.isEmpty()) {
      throw new ChunkMissing(id, bucket.place(Keys.chunk(id, epoch)));
    }
    if (bytes.getAsLong() > MAX_FRAME_BYTES) {
      throw ChunkCorrupt.undecodable(
          id, bucket.place(Keys.chunk(id, epoch)) + " is longer than any chunk");
    }
  }

  private OptionalLong read(ChunkId id, int epoch, ByteBuffer target) throws IOException {
    return bucket.get(Keys.chunk(id, epoch), target, MAX_FRAME_BYTES);
  }

  private Map<ChunkId, Integer> epochs(boolean anew) throws IOException {
    Epochs known = epochs;
    if (anew || known == null || System.nanoTime() - known.readAt > EPOCHS_NANOS) {
      known = new Epochs(ledger.epochs(), System.nanoTime());
      epochs = known;
    }
    return known.of;
  }

  @Override
  public boolean has(ChunkId id) throws IOException {
    Ledger.Note note = ledger.note(id);
    return !note.bad() && bucket.size(Keys.chunk(id, note.epoch())).isPresent();
  }

  @Override
  public boolean isEmpty() throws IOException {
    return bucket.lists().objects(Keys.CHUNKS, null, (key, bytes) -> Keys.chunk(key) == null);
  }

  @Override
  public void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException {
    Map<ChunkId, Integer> now = epochs(true);
    if (ids.count() > ASKED_EACH) {
      new Listing(bucket)
          .visit(
              ids.from(),
              ids.end(),
              (id, epoch, bytes) -> {
                if (ids.contains(id) && epoch == now.getOrDefault(id, 0)) {
                  visitor.visit(id, bytes);
                }
              });
      return;
    }
    ids.forEach(
        (id, value) -> {
          OptionalLong bytes = bucket.size(Keys.chunk(id, now.getOrDefault(id, 0)));
          if (bytes.isPresent()) {
            visitor.visit(id, bytes.getAsLong());
          }
        });
  }

  @Override
  public Total count() throws IOException {
    long[] sums = new long[2];
    new Listing(bucket)
        .visit(
            0,
            ChunkIdSet.PREFIXES,
            (id, epoch, bytes) -> {
              sums[0] += bytes;
              sums[1]++;
            });
    return new Total(sums[0], sums[1]);
  }

  @Override
  public OptionalLong freeBytes() {
    return OptionalLong.empty();
  }

  @Override
  public boolean isUsable() {
    return bucket.answered();
  }

  @Override
  public String place() {
    return bucket.place();
  }
}
