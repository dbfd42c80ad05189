package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/** How the files of one store are brought to the disk. */
interface Durability extends Closeable {
  /** Returns when the bytes of the files are durable. */
  void syncFiles(Collection<Path> files) throws IOException;

  /** Returns when the names in the directories, and their own in the store, are durable. */
  void syncDirectories(Collection<Path> directories) throws IOException;

  /** Whether {@link #syncFiles} makes durable all that was done before in the store. */
  boolean syncsEverything();

  /** The fastest way that reports every error on this machine. */
  static Durability best(Path root) throws IOException {
    return SyncFileSystem.isReliable() ? SyncFileSystem.open(root) : new SyncEachFile(root);
  }
}
