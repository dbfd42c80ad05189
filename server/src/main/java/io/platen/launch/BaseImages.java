package io.platen.launch;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.ChunkUnreadable;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.config.DataDirectory;
import io.platen.disk.RawDisk;
import io.platen.model.Gigabytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The base images that machines' disks stand on, each built once from its template's chunks,
 * however many launches ask for it at the same time. Where they take more than the cache may, those
 * that no machine's disk stands on are removed, the least recently used first.
 *
 * <p>An image is looked for, built and removed inside the lock of its digest. A launch writes its
 * machine into the database before it asks for the image, and a removal asks the database inside
 * the lock: so either the removal sees the machine, or the launch sees no image and builds it.
 */
public final class BaseImages {
  private static final Logger LOG = Logger.getLogger(BaseImages.class);
  private static final String SUFFIX = ".raw";
  private static final long CANCELLATION_CHECK_MILLIS = 100;
  private static final long MAXIMUM_SIZE = Gigabytes.toBytes(Gigabytes.SIZES.getLast());

  private final DataDirectory data;
  private final IndexStore indexes;
  private final ImageReader reader;
  private final OtherStores others;
  private final long maximumBytes;
  private final ImagesInUse inUse;

  /** Never removed: a waiter and a newcomer must meet at the same lock. */
  private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  /**
   * Images in this directory's cache.
   *
   * @param indexes those beside the store that is read from
   * @param others what is read where that has lost part of an image
   * @param maximumBytes how much they may take on the disk; what machines stand on counts, and
   *     stays even above it
   * @param inUse which images stay, whatever they take
   */
  public BaseImages(
      DataDirectory data,
      IndexStore indexes,
      ImageReader reader,
      OtherStores others,
      long maximumBytes,
      ImagesInUse inUse) {
    this.data = data;
    this.indexes = indexes;
    this.reader = reader;
    this.others = others;
    this.maximumBytes = maximumBytes;
    this.inUse = inUse;
  }

  /**
   * Removes what a killed process left of images that it was building. Each takes as much as an
   * image, no limit of the cache counts it, and only another build of the same image would remove
   * it. To be called while none is built.
   */
  public static void removeUnfinished(DataDirectory data) throws IOException {
    try (var files = Files.newDirectoryStream(data.cache(), ".*" + SUFFIX + ".*.tmp")) {
      for (var file : files) {
        LOG.infof("%s is removed: its image was not finished", file);
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Makes sure that the base image of an index is in the cache, complete and durable. Of one that
   * is there, only the time of its last use is changed: that of its file's modification.
   *
   * @param name of the index
   * @param digest the SHA-256 that it must have, in hexadecimal; it names the image
   * @return the image
   * @throws Cancelled after a cancellation
   * @throws IOException where the index or a chunk is missing or damaged, or there is no room
   */
  public BaseImage ensure(
      String name, String digest, ProgressListener progress, Cancellation cancellation)
      throws IOException {
    Path image = data.baseImage(digest);
    BaseImage found;
    var lock = lock(digest);
    await(lock, cancellation);
    try {
      if (Files.exists(image)) {
        Files.setLastModifiedTime(image, FileTime.from(Instant.now()));
        return new BaseImage(image, 0, 0);
      }
      found = build(name, digest, image, progress, cancellation);
    } finally {
      lock.unlock();
    }
    evictAfterBuild();
    return found;
  }

  private ReentrantLock lock(String digest) {
    return locks.computeIfAbsent(digest, _ -> new ReentrantLock(true));
  }

  private void evictAfterBuild() {
    try {
      evict();
    } catch (IOException | RuntimeException e) {
      // The launch is no worse for it, and the next build or collection tries again.
      LOG.warnf("the cache of base images is not trimmed: %s", e);
    }
  }

  /**
   * What an eviction did.
   *
   * @param images that were removed
   * @param bytes that they took
   * @param leftBytes what the others take
   */
  public record Evicted(int images, long bytes, long leftBytes) {
    public static final Evicted NOTHING = new Evicted(0, 0, 0);
  }

  private record Cached(Path file, String digest, FileTime used, long bytes) {}

  /** Removes what the cache holds beyond its limit, as far as no machine needs it. */
  public Evicted evict() throws IOException {
    var images = cached();
    long left = images.stream().mapToLong(Cached::bytes).sum();
    if (left <= maximumBytes) {
      return new Evicted(0, 0, left);
    }
    var isNeeded = inUse.now();
    int removed = 0;
    long freed = 0;
    for (var image : images) {
      if (left <= maximumBytes) {
        break;
      }
      if (remove(image, isNeeded)) {
        removed++;
        freed += image.bytes();
        left -= image.bytes();
      }
    }
    return new Evicted(removed, freed, left);
  }

  /** The images, the least recently used first. */
  private List<Cached> cached() throws IOException {
    var images = new ArrayList<Cached>();
    try (var files = Files.newDirectoryStream(data.cache(), "*" + SUFFIX)) {
      for (var file : files) {
        String name = String.valueOf(file.getFileName());
        try (var disk = RawDisk.open(file)) {
          images.add(
              new Cached(
                  file,
                  name.substring(0, name.length() - SUFFIX.length()),
                  Files.getLastModifiedTime(file),
                  disk.dataBytes()));
        }
      }
    }
    images.sort(Comparator.comparing(Cached::used).thenComparing(Cached::digest));
    return images;
  }

  /** False where it is in use. */
  private boolean remove(Cached image, Predicate<String> isNeeded) throws IOException {
    var lock = lock(image.digest());
    if (!lock.tryLock()) {
      return false;
    }
    try {
      if (isNeeded.test(image.digest())) {
        return false;
      }
      LOG.infof("%s is removed from the cache: no machine stands on it", image.file());
      return Files.deleteIfExists(image.file());
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
      String name, String digest, Path image, ProgressListener progress, Cancellation cancellation)
      throws IOException {
    try {
      try (var index = indexes.open(name)) {
        index.requireDigest(digest, cancellation);
        return read(index, List.of(), image, progress, cancellation);
      }
    } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable | IndexMissing | IndexCorrupt e) {
      var sources = others.of(name);
      if (sources.isEmpty()) {
        throw said(name, e);
      }
      LOG.errorf(
          "%s is damaged: %s. What it lacks is read from %s; \"platen verify %s --repair\" mends it",
          name,
          e.getMessage(),
          sources.stream().map(OtherStores.Source::place).collect(Collectors.joining(", ")),
          name);
      return buildFromAll(name, digest, image, sources, e, progress, cancellation);
    }
  }

  /** Reads what this node's store has not, or not whole, from others. */
  private BaseImage buildFromAll(
      String name,
      String digest,
      Path image,
      List<OtherStores.Source> sources,
      IOException damage,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    var all = new ArrayList<IndexStore>();
    all.add(indexes);
    sources.forEach(source -> all.add(source.indexes()));
    try (var index = SoundIndex.open(all, name, digest, cancellation)) {
      return read(
          index,
          sources.stream().map(OtherStores.Source::chunks).toList(),
          image,
          progress,
          cancellation);
    } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable | IndexMissing | IndexCorrupt e) {
      e.addSuppressed(damage);
      throw said(name, e);
    } catch (IOException e) {
      e.addSuppressed(damage);
      throw e;
    }
  }

  private BaseImage read(
      Index index,
      List<ChunkSource> others,
      Path image,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    var read = reader.read(index, others, image, MAXIMUM_SIZE, progress, cancellation);
    return new BaseImage(image, read.bytesFetched(), read.bytesWritten());
  }

  /** What is lost, with what there is to do where the index is. */
  private IOException said(String name, IOException e) {
    return e instanceof IndexCorrupt
        ? new IOException(
            "the index %s is damaged: %s; restore it from a backup, or capture the machine again"
                .formatted(indexes.place(name), e.getMessage()),
            e)
        : e;
  }
}
