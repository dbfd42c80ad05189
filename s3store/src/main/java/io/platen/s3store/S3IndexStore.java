package io.platen.s3store;

import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The indexes in a bucket. One that is written, or was fetched, is a file of this host meanwhile,
 * in a directory that the caller keeps for that; it has no name once it is open.
 */
public final class S3IndexStore implements IndexStore, Closeable {
  private final Bucket bucket;
  private final Path scratch;

  private S3IndexStore(Bucket bucket, Path scratch) {
    this.bucket = bucket;
    this.scratch = scratch;
  }

  /**
   * The indexes at a location. No request is made.
   *
   * @param scratch a directory of this host; it is made when it is first needed
   * @throws IOException where the file with the authority's certificates can't be read
   */
  public static S3IndexStore at(S3Location location, Path scratch) throws IOException {
    return new S3IndexStore(new Bucket(location), scratch);
  }

  private Path scratchFile(String name) throws IOException {
    Files.createDirectories(scratch);
    // Readable by its owner alone.
    return Files.createTempFile(scratch, name + ".", ".caibx");
  }

  @Override
  public Draft begin(String name) throws IOException {
    IndexStore.requireName(name);
    Path file = scratchFile(name);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    return new S3Draft(name, file, channel);
  }

  private final class S3Draft implements Draft {
    private final String name;
    private final Path file;
    private final FileChannel channel;

    S3Draft(String name, Path file, FileChannel channel) {
      this.name = name;
      this.file = file;
      this.channel = channel;
    }

    @Override
    public FileChannel channel() {
      return channel;
    }

    @Override
    public Path path() {
      return file;
    }

    @Override
    public void publish(String digest) throws IOException {
      bucket.put(Keys.index(name), file);
    }

    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public Index open(String name) throws IOException {
    IndexStore.requireName(name);
    Path file = scratchFile(name);
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

  /** Gives the connections back. */
  @Override
  public void close() {
    bucket.close();
  }
}
