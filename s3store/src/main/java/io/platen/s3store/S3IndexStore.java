package io.platen.s3store;

import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The indexes in a bucket. One that is written, or was fetched, is a file of this host meanwhile,
 * in a directory that the caller keeps for that; it has no name once it is open.
 */
final class S3IndexStore implements IndexStore {
  private final Bucket bucket;
  private final Scratch scratch;

  S3IndexStore(Bucket bucket, Scratch scratch) {
    this.bucket = bucket;
    this.scratch = scratch;
  }

  @Override
  public Draft begin(String name) throws IOException {
    IndexStore.requireName(name);
    return new ObjectDraft(bucket, Keys.index(name), scratch.file(name));
  }

  @Override
  public Index open(String name) throws IOException {
    IndexStore.requireName(name);
    Path file = scratch.file(name);
    try {
      // The SDK makes the file itself.
      Files.delete(file);
      if (!bucket.get(Keys.index(name), file)) {
        throw new IndexMissing(place(name));
      }
      return Index.open(file, place(name));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public boolean has(String name) throws IOException {
    return bucket.size(Keys.index(IndexStore.requireName(name))).isPresent();
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    bucket.list(
        Keys.INDEXES,
        null,
        (key, bytes) -> {
          String name = Keys.indexName(key);
          if (name != null && NAME.matcher(name).matches()) {
            visitor.visit(name);
          }
          return true;
        });
  }

  @Override
  public void remove(String name) throws IOException {
    bucket.delete(Keys.index(IndexStore.requireName(name)));
  }

  @Override
  public String place() {
    return bucket.place("index");
  }

  @Override
  public String place(String name) {
    return bucket.place(Keys.index(IndexStore.requireName(name)));
  }
}
