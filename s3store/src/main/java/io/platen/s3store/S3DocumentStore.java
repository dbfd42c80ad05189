package io.platen.s3store;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/** Documents in a bucket, under keys that begin alike and have no other slash. */
final class S3DocumentStore implements DocumentStore {
  private static final String SUFFIX = ".json";

  /** A manifest has about one kilobyte: longer documents are asked for twice. */
  private static final int USUAL_BYTES = 8192;

  private final Bucket bucket;
  private final String folder;

  /**
   * @param folder what their keys begin with: empty, or a name and a slash
   */
  S3DocumentStore(Bucket bucket, String folder) {
    this.bucket = bucket;
    this.folder = folder;
  }

  private String key(String name) {
    return folder + IndexStore.requireName(name) + SUFFIX;
  }

  @Override
  public void publish(String name, byte[] bytes) throws IOException {
    String key = key(name);
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "%s has %d bytes; a document has at most %d".formatted(name, bytes.length, MAX_BYTES));
    }
    bucket.put(key, bytes.clone());
  }

  @Override
  public Optional<byte[]> read(String name) throws IOException {
    String key = key(name);
    ByteBuffer target = ByteBuffer.allocate(USUAL_BYTES);
    OptionalLong length = bucket.get(key, target, MAX_BYTES);
    while (length.isPresent() && length.getAsLong() > target.capacity()) {
      if (length.getAsLong() > MAX_BYTES) {
        throw new DocumentCorrupt(
            bucket.place(key), "it has more than " + MAX_BYTES + " bytes", null);
      }
      target = ByteBuffer.allocate((int) length.getAsLong());
      length = bucket.get(key, target, MAX_BYTES);
    }
    if (length.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes = new byte[target.remaining()];
    target.get(bytes);
    return Optional.of(bytes);
  }

  @Override
  public boolean has(String name) throws IOException {
    return bucket.size(key(name)).isPresent();
  }

  @Override
  public void list(IndexStore.Visitor visitor) throws IOException {
    bucket
        .lists()
        .folder(
            folder,
            (key, bytes) -> {
              if (key.endsWith(SUFFIX)) {
                String name = key.substring(folder.length(), key.length() - SUFFIX.length());
                if (IndexStore.NAME.matcher(name).matches()) {
                  visitor.visit(name);
                }
              }
              return true;
            });
  }

  @Override
  public void remove(String name) throws IOException {
    bucket.deletions().delete(key(name));
  }

  @Override
  public String place() {
    return folder.isEmpty()
        ? bucket.place()
        : bucket.place(folder.substring(0, folder.length() - 1));
  }

  @Override
  public String place(String name) {
    return bucket.place(key(name));
  }
}
