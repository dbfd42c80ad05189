package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Gives the errors of file channels, which name no file, their path and a type. */
final class IoFailure {
  /** Less free space than one chunk and its directory need counts as none. */
  private static final long FULL_BELOW_BYTES = 2L * Format.CHUNK_BYTES;

  private IoFailure() {}

  /** The same failure, naming the path; a {@link StoreFull} where the disk or quota is full. */
  static IOException at(Path path, IOException e) {
    if (e instanceof StoreFull) {
      return e;
    }
    if (saysFull(e) || isFull(path, e)) {
      return new StoreFull(path, e);
    }
    if (e instanceof FileSystemException) {
      return e;
    }
    return new IOException(path + ": " + e.getMessage(), e);
  }

  /** The JDK gives errno only as its text: ENOSPC and EDQUOT. */
  private static boolean saysFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device") || message.contains("quota exceeded");
  }

  /** That text depends on the locale, so the free space is asked too. */
  private static boolean isFull(Path path, IOException e) {
    Path directory = path.toAbsolutePath().getParent();
    if (directory == null || !Files.isWritable(directory)) {
      return false;
    }
    try {
      return Files.getFileStore(directory).getUsableSpace() < FULL_BELOW_BYTES;
    } catch (IOException unknown) {
      e.addSuppressed(unknown);
      return false;
    }
  }
}
