package io.platen.machine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.platen.config.DataDirectory;
import io.platen.linux.Linux;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How much the disks of machines take on this host. Lists ask for many at once, so what was
 * measured is good for a moment.
 */
public final class DiskUsage {
  private static final Duration FRESH = Duration.ofSeconds(2);
  private static final int KEPT = 10_000;

  private final DataDirectory data;
  private final Cache<Path, Long> measured =
      Caffeine.newBuilder().maximumSize(KEPT).expireAfterWrite(FRESH).build();

  public DiskUsage(DataDirectory data) {
    this.data = data;
  }

  /** Bytes; 0 where the disk is not there, or can't be looked at. */
  long of(Machine machine) {
    var adopted = machine.disk().adopted();
    Path path = adopted == null ? data.machineDisk(machine.id()) : adopted.path();
    Long known = measured.getIfPresent(path);
    if (known != null) {
      return known;
    }
    try {
      // A block device takes all that it has.
      long bytes = Linux.allocated(path.toString()).orElse(machine.disk().bytes());
      measured.put(path, bytes);
      return bytes;
    } catch (Linux.CallFailed e) {
      // Not made yet, removed, or on a file system that is away. It may be there in a moment.
      return 0;
    }
  }
}
