package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a bucket holds below a prefix, by the keys alone. */
public record BucketKeys(Set<String> all) {
  private static final int MOST_BYTES = 2 << 20;

  public BucketKeys {
    all = Set.copyOf(all);
  }

  /** Lists them. */
  public static BucketKeys list(S3Location location) throws IOException {
    Set<String> keys = new HashSet<>();
    try (Bucket bucket = new Bucket(location)) {
      bucket.lists().objects("", null, (key, bytes) -> keys.add(key));
    }
    return new BucketKeys(keys);
  }

  /** Moves the first chunk, which is at epoch 0, to epoch 1. */
  public static void moveOneToTheNextEpoch(S3Location location) throws IOException {
    ChunkId id = list(location).chunks().stream().min(Comparator.comparing(ChunkId::hex)).get();
    try (Bucket bucket = new Bucket(location)) {
      ByteBuffer bytes = ByteBuffer.allocate(MOST_BYTES);
      bucket.get(Keys.chunk(id, 0), bytes, MOST_BYTES);
      bucket.put(Keys.chunk(id, 1), Arrays.copyOf(bytes.array(), bytes.limit()));
      bucket.deletions().delete(Keys.chunk(id, 0));
    }
  }

  /** Removes an object, behind everybody's back. */
  public static void lose(S3Location location, String key) throws IOException {
    try (Bucket bucket = new Bucket(location)) {
      bucket.deletions().delete(key);
    }
  }

  /** Gives an object other bytes, behind everybody's back. */
  public static void spoil(S3Location location, String key, byte[] bytes) throws IOException {
    try (Bucket bucket = new Bucket(location)) {
      bucket.put(key, bytes);
    }
  }

  /** The key of a chunk at epoch 0. */
  public static String key(ChunkId id) {
    return Keys.chunk(id, 0);
  }

  /** The ids of its chunks, of whatever epoch. */
  public Set<ChunkId> chunks() {
    Set<ChunkId> ids = new HashSet<>();
    for (String key : all) {
      Keys.Chunk chunk = Keys.chunk(key);
      if (chunk != null) {
        ids.add(chunk.id());
      }
    }
    return ids;
  }

  /** The folders of its chunks, that of epoch 0 first. */
  public List<String> stores() {
    Set<Integer> epochs = new TreeSet<>(Set.of(0));
    for (String key : all) {
      Keys.Chunk chunk = Keys.chunk(key);
      if (chunk != null) {
        epochs.add(chunk.epoch());
      }
    }
    List<String> folders = new ArrayList<>();
    for (int epoch : epochs) {
      String folder = Keys.store(epoch);
      folders.add(folder.substring(0, folder.length() - 1));
    }
    return folders;
  }

  /** The names of its indexes, with their numbers: {@code NAME.NUMBER}. */
  public Set<String> indexes() {
    return names(Keys.INDEXES, Keys.INDEX_SUFFIX);
  }

  /** The names of its manifests, with their numbers. */
  public Set<String> manifests() {
    return names(Keys.MANIFESTS, Keys.MANIFEST_SUFFIX);
  }

  private Set<String> names(String folder, String suffix) {
    Set<String> names = new TreeSet<>();
    for (String key : all) {
      Ledger.Attempt attempt = Keys.attempt(folder, key, suffix);
      if (attempt != null) {
        names.add(attempt.name() + "." + attempt.session());
      }
    }
    return names;
  }
}
