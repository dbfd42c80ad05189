package io.platen.capture;

import io.platen.chunkstore.ImageWritten;

/** What a capture did, on one line of the log. */
public final class CaptureSummary {
  private CaptureSummary() {}

  /** All but the seconds in bytes. */
  public static String of(ImageWritten written, long nanos) {
    return "%d bytes in %.1f s: %d read, %d zero, %d inherited, %d deduplicated, %d new, %d stored"
        .formatted(
            written.size(),
            nanos / 1e9,
            written.bytesRead(),
            written.zeroBytes(),
            written.inheritedBytes(),
            written.deduplicatedBytes(),
            written.newBytes(),
            written.storedBytes());
  }
}
