package io.platen.machine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.platen.config.DataDirectory;
import io.platen.linux.Linux;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How much the disks of machines take on this host. Lists ask for many at once, so what was
 * measured is good for a moment.
 *
 * <p>An adopted disk may lie on a file system whose server is away, where a look hangs for as long
 * as that is. So one thread looks at those, and a request waits for it for a moment only: then it
 * shows what was measured last.
 */
public final class DiskUsage {
  private static final Duration FRESH = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMillis(200);
  private static final int KEPT = 10_000;

  /** Looks that wait for the thread; what does not fit is looked at by a later request. */
  private static final int WAITING = 1_000;

  private final DataDirectory data;
  private final Measure measure;
  private final Cache<Path, Long> fresh =
      Caffeine.newBuilder().maximumSize(KEPT).expireAfterWrite(FRESH).build();
  private final Cache<Path, Long> last = Caffeine.newBuilder().maximumSize(KEPT).build();
  private final ConcurrentHashMap<Path, CompletableFuture<Long>> pending =
      new ConcurrentHashMap<>();
  private final Executor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(WAITING),
          Thread.ofPlatform().daemon().name("disk-usage").factory());

  /** Whether the last request that waited for the thread did so in vain. */
  private volatile boolean isStuck;

  /** Looks at a disk that has so many bytes. */
  @FunctionalInterface
  interface Measure {
    long bytes(Path disk, long size) throws Linux.CallFailed;
  }

  public DiskUsage(DataDirectory data) {
    // A block device takes all that it has.
    this(data, (disk, size) -> Linux.allocated(disk.toString()).orElse(size));
  }

  DiskUsage(DataDirectory data, Measure measure) {
    this.data = data;
    this.measure = measure;
  }

  /** Bytes; 0 where the disk is not there, or was never looked at with success. */
  long of(Machine machine) {
    var adopted = machine.disk().adopted();
    Path path = adopted == null ? data.machineDisk(machine.id()) : adopted.path();
    Long known = fresh.getIfPresent(path);
    if (known != null) {
      return known;
    }
    long size = machine.disk().bytes();
    return adopted == null ? measured(path, size) : measuredAside(path, size);
  }

  private long measured(Path path, long size) {
    try {
      long bytes = measure.bytes(path, size);
      fresh.put(path, bytes);
      return bytes;
    } catch (Linux.CallFailed e) {
      // Not made yet, removed, or on a file system that is away. It may be there in a moment.
      return 0;
    }
  }

  private long measuredAside(Path path, long size) {
    var look = pending.computeIfAbsent(path, _ -> begin(path, size));
    if (look == null) {
      return lastKnown(path);
    }
    try {
      long bytes = look.get(isStuck ? 0 : PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      isStuck = false;
      return bytes;
    } catch (TimeoutException e) {
      isStuck = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("looking at " + path + " failed", e);
    }
    return lastKnown(path);
  }

  private long lastKnown(Path path) {
    Long bytes = last.getIfPresent(path);
    return bytes == null ? 0 : bytes;
  }

  /** Null where too many wait. */
  private @Nullable CompletableFuture<Long> begin(Path path, long size) {
    try {
      return CompletableFuture.supplyAsync(() -> look(path, size), thread);
    } catch (RejectedExecutionException e) {
      return null;
    }
  }

  private long look(Path path, long size) {
    try {
      long bytes = measured(path, size);
      last.put(path, bytes);
      isStuck = false;
      return bytes;
    } finally {
      pending.remove(path);
    }
  }
}
