package io.platen.launch;

import io.platen.api.Gigabytes;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.Progress;
import io.platen.config.DataDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The base images that machines' disks stand on, each built once from its template's chunks,
 * however many launches ask for it at the same time.
 */
public final class BaseImages {
  private static final long CANCELLATION_CHECK_MILLIS = 100;
  private static final long MAXIMUM_SIZE = Gigabytes.toBytes(Gigabytes.SIZES.getLast());

  private final DataDirectory data;
  private final ImageReader reader;

  /** Never removed: a waiter and a newcomer must meet at the same lock. */
  private final ConcurrentHashMap<String, ReentrantLock> building = new ConcurrentHashMap<>();

  public BaseImages(DataDirectory data, ImageReader reader) {
    this.data = data;
    this.reader = reader;
  }

  /**
   * Makes sure that the base image of an index is in the cache, complete and durable. One that is
   * there is not touched.
   *
   * @param index the file of the index
   * @param digest the SHA-256 that it must have, in hexadecimal; it names the image
   * @return the image
   * @throws Cancelled after a cancellation
   * @throws IOException where the index or a chunk is missing or damaged, or there is no room
   */
  public BaseImage ensure(Path index, String digest, Progress progress, Cancellation cancellation)
      throws IOException {
    Path image = data.baseImage(digest);
    if (Files.exists(image)) {
      return new BaseImage(image, 0, 0);
    }
    var lock = building.computeIfAbsent(digest, _ -> new ReentrantLock(true));
    await(lock, cancellation);
    try {
      return Files.exists(image)
          ? new BaseImage(image, 0, 0)
          : build(index, digest, image, progress, cancellation);
    } finally {
      lock.unlock();
    }
  }

  private static void await(ReentrantLock lock, Cancellation cancellation) throws Cancelled {
    try {
      while (!lock.tryLock(CANCELLATION_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (cancellation.isCancelled()) {
          throw new Cancelled("the launch was cancelled while another one built its base image");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled("the launch was cancelled while another one built its base image");
    }
  }

  private BaseImage build(
      Path indexFile, String digest, Path image, Progress progress, Cancellation cancellation)
      throws IOException {
    String found = digest(indexFile);
    if (!found.equals(digest)) {
      throw new IOException(
          "the index %s is damaged: its SHA-256 is %s instead of %s; restore it from a backup, or capture the machine again"
              .formatted(indexFile, found, digest));
    }
    try (var index = Index.open(indexFile)) {
      var read = reader.read(index, image, MAXIMUM_SIZE, progress, cancellation);
      return new BaseImage(image, read.bytesFetched(), read.bytesWritten());
    }
  }

  private static String digest(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      var digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, digest).transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
