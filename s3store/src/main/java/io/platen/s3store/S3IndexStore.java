package io.platen.s3store;

import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The indexes in a bucket. One that is written, or was fetched, is a file of this host meanwhile,
 * in a directory that the caller keeps for that; it has no name once it is open.
 */
final class S3IndexStore implements IndexStore {
  private final Bucket bucket;
  private final Attempts attempts;
  private final Scratch scratch;

  S3IndexStore(Bucket bucket, Ledger ledger, Scratch scratch) {
    this.bucket = bucket;
    this.attempts = Attempts.indexes(bucket, ledger);
    this.scratch = scratch;
  }

  @Override
  public Draft begin(String name) throws IOException {
    return begin(name, attempts.last(name).orElse(0) + 1);
  }

  @Override
  public Draft begin(String name, StoreSession session) throws IOException {
    return session.number() == 0 ? begin(name) : begin(name, session.number());
  }

  @Override
  public Draft beginAgain(String name) throws IOException {
    OptionalLong session = attempts.find(name);
    if (session.isEmpty()) {
      throw new IndexMissing(place(name));
    }
    return begin(name, session.getAsLong());
  }

  private Draft begin(String name, long session) throws IOException {
    return new ObjectDraft(bucket, attempts.key(name, session), scratch.file(name));
  }

  @Override
  public OptionalLong session(String name) throws IOException {
    return attempts.find(name);
  }

  @Override
  public Index open(String name) throws IOException {
    OptionalLong session = attempts.find(name);
    if (session.isEmpty()) {
      throw new IndexMissing(place(name));
    }
    Path file = scratch.file(name);
    try {
      if (!bucket.get(attempts.key(name, session.getAsLong()), file)) {
        throw new IndexMissing(place(name));
      }
      return Index.open(file, bucket.place(attempts.key(name, session.getAsLong())));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public boolean has(String name) throws IOException {
    OptionalLong session = attempts.find(name);
    return session.isPresent() && bucket.size(attempts.key(name, session.getAsLong())).isPresent();
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    attempts.list(visitor);
  }

  @Override
  public void remove(String name) throws IOException {
    attempts.remove(name);
  }

  @Override
  public String place() {
    return attempts.place();
  }

  @Override
  public String place(String name) {
    return attempts.place(name);
  }
}
