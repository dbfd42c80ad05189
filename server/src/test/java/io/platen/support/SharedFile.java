package io.platen.support;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that takes long to make, for all tests of a build; they run in several processes. */
final class SharedFile {
  /** Makes the file. */
  interface Maker {
    void make() throws Exception;
  }

  private SharedFile() {}

  /**
   * Makes the file where it is missing or older than its source. Others wait until it is made.
   *
   * @return the file
   */
  static synchronized Path made(Path file, Path source, Maker maker) throws Exception {
    Path lock = file.resolveSibling(file.getFileName() + ".lock");
    try (var channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var _ = channel.lock()) {
      if (isStale(file, source)) {
        maker.make();
      }
    }
    return file;
  }

  private static boolean isStale(Path file, Path source) throws IOException {
    return !Files.exists(file)
        || Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(source)) < 0;
  }
}
