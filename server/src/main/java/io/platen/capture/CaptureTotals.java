package io.platen.capture;

import io.platen.chunkstore.ImageWritten;
import java.util.concurrent.atomic.LongAdder;

/** What the captures of this process did since its start, in bytes of disks but for the stored. */
public final class CaptureTotals {
  private final LongAdder read = new LongAdder();
  private final LongAdder zero = new LongAdder();
  private final LongAdder inherited = new LongAdder();
  private final LongAdder deduplicated = new LongAdder();
  private final LongAdder fresh = new LongAdder();
  private final LongAdder stored = new LongAdder();

  CaptureTotals() {}

  void add(ImageWritten written) {
    read.add(written.bytesRead());
    zero.add(written.zeroBytes());
    inherited.add(written.inheritedBytes());
    deduplicated.add(written.deduplicatedBytes());
    fresh.add(written.newBytes());
    stored.add(written.storedBytes());
  }

  /** Read from disks. */
  public long read() {
    return read.sum();
  }

  /** Of zero chunks, read or not. */
  public long zero() {
    return zero.sum();
  }

  /** Taken over from a parent's index. */
  public long inherited() {
    return inherited.sum();
  }

  /** Read, and found in the store. */
  public long deduplicated() {
    return deduplicated.sum();
  }

  /** Stored, before compression. */
  public long fresh() {
    return fresh.sum();
  }

  /** Stored, as they lie in the store. */
  public long stored() {
    return stored.sum();
  }
}
