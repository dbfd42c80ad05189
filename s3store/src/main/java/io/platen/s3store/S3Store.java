package io.platen.s3store;

import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoredChunks;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** A store in a bucket: all that is in it, over the same connections. */
public final class S3Store implements Closeable {
  private final Bucket bucket;
  private final Scratch scratch;

  S3Store(Bucket bucket, Path scratch) {
    this.bucket = bucket;
    this.scratch = new Scratch(scratch);
  }

  /**
   * The store at a location. No request is made.
   *
   * @param scratch a directory of this host, for indexes and dumps on their way; it is made when it
   *     is first needed, and what a killed process left there is the caller's to remove
   * @throws IOException where the file with the authority's certificates can't be read
   */
  public static S3Store at(S3Location location, Path scratch) throws IOException {
    return new S3Store(new Bucket(location), scratch);
  }

  /** Where it is, for messages. */
  public String place() {
    return bucket.place();
  }

  /** Its chunks, for reading alone. */
  public StoredChunks chunks(Ledger ledger) {
    return new S3Chunks(bucket, ledger);
  }

  /** Opens it to add to it. No request is made before the first session. */
  public ChunkStore open(Ledger ledger) {
    return new S3ChunkStore(bucket, ledger, indexes(ledger));
  }

  /** Tells a ledger that may be older than the store of the epochs that its chunks are at. */
  public void followEpochs(Ledger ledger) throws IOException {
    new Listing(bucket).followEpochs(ledger);
  }

  /** Its indexes. */
  public IndexStore indexes(Ledger ledger) {
    return new S3IndexStore(bucket, ledger, scratch);
  }

  /** Their manifests. */
  public DocumentStore manifests(Ledger ledger) {
    return new S3ManifestStore(bucket, ledger);
  }

  /** The documents at its top. */
  public DocumentStore documents() {
    return new S3DocumentStore(bucket, "");
  }

  /** The dumps in it. */
  public DumpStore dumps() {
    return new S3DumpStore(bucket, scratch);
  }

  /**
   * What was found where the bucket was tried.
   *
   * @param good whether the store can work with it
   */
  public record Finding(boolean good, String what, String detail) {}

  /** Tries what a store asks of the bucket, with an object that is removed again. */
  public List<Finding> check(InstantSource clock) {
    return new BucketCheck(bucket, clock).run();
  }

  /** Gives the connections back. */
  @Override
  public void close() {
    bucket.close();
  }
}
