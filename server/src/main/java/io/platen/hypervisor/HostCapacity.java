package io.platen.hypervisor;

/**
 * What the host has.
 *
 * @param cpus its processors
 * @param memory bytes
 */
public record HostCapacity(int cpus, long memory) {
  /** The host's own: a machine that took all memory would push it into swapping. */
  private static final long RESERVED = 512L << 20;

  /** What QEMU and a small kernel boot in. */
  private static final long LEAST = 128L << 20;

  public int cappedCpus(int wanted) {
    return Math.max(1, Math.min(wanted, cpus));
  }

  /** Bytes, at most what the host has less what it needs for itself. */
  public long cappedMemory(long wanted) {
    return Math.max(LEAST, Math.min(wanted, memory - RESERVED));
  }
}
