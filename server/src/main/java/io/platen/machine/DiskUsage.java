package io.platen.machine;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.platen.config.DataDirectory;
import io.platen.linux.Linux;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much the disks of machines take on this host. Lists ask for many at once, so what was
 * measured is good for a moment.
 */
public final class DiskUsage {
  private static final Duration FRESH = Duration.ofSeconds(2);
  private static final int KEPT = 10_000;

  /** Bytes of a block device, which takes all that it has. */
  private static final long DEVICE = -1;

  private final DataDirectory data;
  private final LoadingCache<Path, Long> measured =
      Caffeine.newBuilder().maximumSize(KEPT).expireAfterWrite(FRESH).build(DiskUsage::measure);

  public DiskUsage(DataDirectory data) {
    this.data = data;
  }

  /** Bytes; 0 where the disk is not there, or can't be looked at. */
  long of(Machine machine) {
    var adopted = machine.adopted();
    Path disk = adopted == null ? data.machineDisk(machine.id()) : adopted.path();
    Long bytes = measured.get(disk);
    if (bytes == null) {
      return 0;
    }
    return bytes == DEVICE ? machine.diskBytes() : bytes;
  }

  /** Null, which is not kept, for a disk that is not there: in a moment it may be. */
  private static @Nullable Long measure(Path disk) {
    try {
      return Linux.allocated(disk.toString()).orElse(DEVICE);
    } catch (Linux.CallFailed e) {
      // Not made yet, removed, or on a file system that is away: it takes nothing that is known.
      return null;
    }
  }
}
