package io.platen.s3store;

import io.platen.chunkstore.DumpMissing;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Dumps in a bucket. One that is read was fetched to a file of this host first. */
final class S3DumpStore implements DumpStore {
  private static final String FOLDER = "backup/";
  private static final String SUFFIX = ".jsonl.zst";

  private final Bucket bucket;
  private final Scratch scratch;

  S3DumpStore(Bucket bucket, Scratch scratch) {
    this.bucket = bucket;
    this.scratch = scratch;
  }

  private static String key(String name) {
    return FOLDER + IndexStore.requireName(name) + SUFFIX;
  }

  @Override
  public IndexStore.Draft begin(String name) throws IOException {
    return new ObjectDraft(bucket, key(name), scratch.file(IndexStore.requireName(name)));
  }

  @Override
  public InputStream open(String name) throws IOException {
    String key = key(name);
    Path file = scratch.file(name);
    try {
      if (!bucket.get(key, file)) {
        throw new DumpMissing(place(name));
      }
      return Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  @Override
  public long size(String name) throws IOException {
    return bucket.size(key(name)).orElseThrow(() -> new DumpMissing(place(name)));
  }

  @Override
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    bucket
        .lists()
        .objects(
            FOLDER,
            null,
            (key, bytes) -> {
              if (key.endsWith(SUFFIX)) {
                names.add(key.substring(FOLDER.length(), key.length() - SUFFIX.length()));
              }
              return true;
            });
    Collections.sort(names);
    return names;
  }

  @Override
  public void remove(String name) throws IOException {
    bucket.deletions().delete(key(name));
  }

  @Override
  public String place() {
    return bucket.place("backup");
  }

  @Override
  public String place(String name) {
    return bucket.place(key(name));
  }
}
