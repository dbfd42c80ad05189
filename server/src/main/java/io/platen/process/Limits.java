package io.platen.process;

import java.time.Duration;

/**
 * What a child process may use. The kernel holds it to them, so they hold for hostile images too.
 *
 * @param addressSpace bytes of address space (RLIMIT_AS)
 * @param cpu processor time (RLIMIT_CPU); the process is killed beyond it
 * @param fileSize the largest file it may write, in bytes (RLIMIT_FSIZE); 0 means it can't write to
 *     any regular file
 */
public record Limits(long addressSpace, Duration cpu, long fileSize) {
  private static final long GB = 1L << 30;

  /**
   * Address space, not memory: each thread of QEMU's pool (up to 64) reserves a stack of 8 MiB, and
   * qemu-nbd holds up to 16 requests of at most 32 MiB per connection. An idle qemu-nbd 7.2 takes
   * 90 MB.
   */
  private static final long ADDRESS_SPACE = 4 * GB;

  public Limits {
    if (addressSpace <= 0 || cpu.toSeconds() <= 0 || fileSize < 0) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** For a tool that only looks at an image's metadata and writes nothing. */
  public static Limits inspection() {
    return new Limits(ADDRESS_SPACE, Duration.ofMinutes(1), 0);
  }

  /**
   * For changing an image's metadata: the file may hold the whole disk, and its tables, which take
   * less than a hundredth.
   */
  public static Limits changing(long virtualSize) {
    return new Limits(ADDRESS_SPACE, Duration.ofMinutes(1), virtualSize + virtualSize / 100 + GB);
  }

  /**
   * For reading a whole disk: ten minutes, and a second more for each 16 MiB, which is far slower
   * than any decompression QEMU does.
   */
  public static Limits reading(long virtualSize) {
    return new Limits(ADDRESS_SPACE, Duration.ofSeconds(600 + virtualSize / (16 << 20)), 0);
  }
}
