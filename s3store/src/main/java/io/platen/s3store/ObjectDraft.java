package io.platen.s3store;

import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file of this host that becomes an object. */
final class ObjectDraft implements IndexStore.Draft {
  private final Bucket bucket;
  private final String key;
  private final Path file;
  private final FileChannel channel;

  /**
   * @param file removed with this
   */
  ObjectDraft(Bucket bucket, String key, Path file) throws IOException {
    this.bucket = bucket;
    this.key = key;
    this.file = file;
    channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
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
    bucket.put(key, file);
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
