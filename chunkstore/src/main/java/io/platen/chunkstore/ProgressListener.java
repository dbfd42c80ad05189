package io.platen.chunkstore;

/** Hears how far an operation is. */
@FunctionalInterface
public interface ProgressListener {
  /** Hears nothing. */
  ProgressListener NONE = (done, total) -> {};

  /**
   * Called on the thread that waits for the operation, about four times a second and once at the
   * end. What it throws ends the operation.
   *
   * @param bytesDone bytes of the image that are settled: read, inherited or known to be zero
   * @param bytesTotal size of the image in bytes
   */
  void advanced(long bytesDone, long bytesTotal);
}
