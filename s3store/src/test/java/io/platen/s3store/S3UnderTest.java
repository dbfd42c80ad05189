package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A store at a location of its own, as the contracts try it. */
final class S3UnderTest implements StoreUnderTest {
  private final MemoryLedger ledger = new MemoryLedger();

  /** Straight to the server, whatever lies between it and what is tried. */
  private final Bucket bucket;

  private final S3Store all;

  /** Whatever else it is opened through; closed with it. */
  private final List<Bucket> ways = new ArrayList<>();

  S3UnderTest(S3Location location, Path scratch) throws IOException {
    this.bucket = new Bucket(location);
    this.all = new S3Store(bucket, scratch);
  }

  MemoryLedger ledger() {
    return ledger;
  }

  Bucket bucket() {
    return bucket;
  }

  @Override
  public S3ChunkStore open() {
    return new S3ChunkStore(bucket, ledger, indexes());
  }

  /** Opens it by way of another address, with little patience. */
  S3ChunkStore openImpatiently(S3Location through) throws IOException {
    var little = new S3Connection.Patience(8, Duration.ofMillis(2), Duration.ofMillis(20));
    ways.add(new Bucket(through, little));
    return new S3ChunkStore(ways.getLast(), ledger, indexes());
  }

  @Override
  public S3Chunks reader() {
    return new S3Chunks(bucket, ledger);
  }

  @Override
  public IndexStore indexes() {
    return all.indexes(ledger);
  }

  @Override
  public DocumentStore documents() {
    return all.manifests(ledger);
  }

  DumpStore dumps() {
    return all.dumps();
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
    bucket.deletions().delete(key(id));
  }

  @Override
  public void overwriteIndex(String name, byte[] bytes) throws IOException {
    Attempts attempts = Attempts.indexes(bucket, ledger);
    bucket.put(attempts.key(name, attempts.find(name).orElse(1)), bytes);
  }

  @Override
  public void overwriteDocument(String name, byte[] bytes) throws IOException {
    Attempts attempts = Attempts.manifests(bucket, ledger);
    bucket.put(attempts.key(name, attempts.find(name).orElse(1)), bytes);
  }

  /** The keys of all objects. */
  List<String> keys() throws IOException {
    List<String> keys = new ArrayList<>();
    bucket.lists().objects("", null, (key, bytes) -> keys.add(key));
    return keys;
  }

  @Override
  public void close() throws IOException {
    List<String> keys = keys();
    for (int i = 0; i < keys.size(); i += Deletions.MOST) {
      bucket.deletions().deleteOnce(keys.subList(i, Math.min(keys.size(), i + Deletions.MOST)));
    }
    ways.forEach(Bucket::close);
    all.close();
  }
}
