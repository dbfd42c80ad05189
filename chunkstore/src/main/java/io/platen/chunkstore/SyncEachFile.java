package io.platen.chunkstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;

/** One {@code fsync} for each file and directory: works everywhere. */
final class SyncEachFile implements Durability {
  private final Path root;

  SyncEachFile(Path root) {
    this.root = root;
  }

  @Override
  public void syncFiles(Collection<Path> files) throws IOException {
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      } catch (IOException e) {
        throw IoFailure.at(file, e);
      }
    }
  }

  @Override
  public void syncDirectories(Collection<Path> directories) throws IOException {
    for (Path directory : directories) {
      AtomicFile.syncDirectory(directory);
    }
    AtomicFile.syncDirectory(root);
  }

  @Override
  public boolean syncsEverything() {
    return false;
  }

  @Override
  public void close() {}
}
