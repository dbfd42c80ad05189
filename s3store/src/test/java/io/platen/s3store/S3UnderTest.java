package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A store at a location of its own, as the contracts try it. */
final class S3UnderTest implements StoreUnderTest {
  private final S3Location location;
  private final Path scratch;
  private final MemoryLedger ledger = new MemoryLedger();

  /** Straight to the server, whatever lies between it and what is tried. */
  private final Bucket bucket;

  private final S3IndexStore indexes;

  S3UnderTest(S3Location location, Path scratch) throws IOException {
    this.location = location;
    this.scratch = scratch;
    this.bucket = new Bucket(location);
    this.indexes = S3IndexStore.at(location, scratch);
  }

  MemoryLedger ledger() {
    return ledger;
  }

  Bucket bucket() {
    return bucket;
  }

  @Override
  public S3ChunkStore open() throws IOException {
    return S3ChunkStore.open(location, ledger, indexes);
  }

  /** Opens it by way of another address, with little patience. */
  S3ChunkStore openImpatiently(S3Location through) throws IOException {
    var little = new S3Connection.Patience(8, Duration.ofMillis(2), Duration.ofMillis(20));
    return S3ChunkStore.open(new Bucket(through, little), ledger, indexes);
  }

  @Override
  public S3Chunks reader() {
    return new S3Chunks(bucket, ledger);
  }

  @Override
  public S3IndexStore indexes() {
    return indexes;
  }

  Path scratch() {
    return scratch;
  }

  private String key(ChunkId id) {
    return Keys.chunk(id, ledger.note(id).epoch());
  }

  @Override
  public void overwriteChunk(ChunkId id, byte[] bytes) throws IOException {
    bucket.put(key(id), bytes);
  }

  @Override
  public void loseChunk(ChunkId id) throws IOException {
    bucket.delete(key(id));
  }

  @Override
  public void overwriteIndex(String name, byte[] bytes) throws IOException {
    bucket.put(Keys.index(name), bytes);
  }

  /** The keys of all objects. */
  List<String> keys() throws IOException {
    List<String> keys = new ArrayList<>();
    bucket.list("", null, (key, bytes) -> keys.add(key));
    return keys;
  }

  @Override
  public void close() throws IOException {
    List<String> keys = keys();
    for (int i = 0; i < keys.size(); i += Bucket.MOST_DELETED) {
      bucket.deleteOnce(keys.subList(i, Math.min(keys.size(), i + Bucket.MOST_DELETED)));
    }
    indexes.close();
    bucket.close();
  }
}
