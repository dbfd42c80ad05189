package io.platen.chunkstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

/**
 * A file that appears under its name complete and durable, or not at all: written as {@code
 * .NAME.RANDOM.tmp} beside it, fsync, rename, fsync of the directory.
 *
 * <p>The random part keeps two writers of the same target apart: each publishes only what it wrote
 * itself. Creating one removes what killed writers of the same target left behind; should one of
 * them still live, its {@link #commit} fails and changes nothing.
 */
final class AtomicFile implements IndexStore.Draft {
  private final Path target;
  private final Path temp;
  private final FileChannel channel;

  private AtomicFile(Path target, Path temp, FileChannel channel) {
    this.target = target;
    this.temp = temp;
    this.channel = channel;
  }

  /** Starts writing; the directory must exist. */
  static AtomicFile create(Path target) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path name = absolute.getFileName();
    if (name == null) {
      throw new IOException(target + " does not name a file");
    }
    removeLeftovers(directoryOf(absolute), "." + name + ".");
    Path temp = absolute.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
    try {
      FileChannel channel =
          FileChannel.open(
              temp,
              Set.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
              OwnerOnly.FILE);
      return new AtomicFile(absolute, temp, channel);
    } catch (IOException e) {
      throw IoFailure.at(temp, e);
    }
  }

  /**
   * Removes what killed writers left in a directory. Only where no other process writes to it: of
   * one that does, {@link #commit} fails.
   */
  static void removeLeftovers(Path directory) throws IOException {
    try {
      removeLeftovers(directory, ".");
    } catch (IOException e) {
      throw IoFailure.ofStore(directory, e);
    }
  }

  private static void removeLeftovers(Path directory, String prefix) throws IOException {
    DirectoryStream.Filter<Path> ours =
        path -> {
          String name = String.valueOf(path.getFileName());
          return name.startsWith(prefix) && name.endsWith(".tmp");
        };
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, ours)) {
      for (Path leftover : leftovers) {
        Files.deleteIfExists(leftover);
      }
    }
  }

  private static Path directoryOf(Path absolute) throws IOException {
    Path directory = absolute.getParent();
    if (directory == null) {
      throw new IOException(absolute + " has no directory");
    }
    return directory;
  }

  @Override
  public FileChannel channel() {
    return channel;
  }

  @Override
  public Path path() {
    return temp;
  }

  /**
   * Publishes the file, replacing any other of that name. Not to be called on a thread that may be
   * interrupted: see {@link Uninterrupted}.
   */
  void commit() throws IOException {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw IoFailure.at(temp, e);
    }
    Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(directoryOf(target));
  }

  @Override
  public void publish(String digest) throws IOException {
    try {
      commit();
    } catch (IOException e) {
      throw IoFailure.ofStore(target, e);
    }
  }

  /** Makes names made or removed in the directory durable. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      throw IoFailure.at(directory, e);
    }
  }

  /** Ends the writing; what was not committed disappears. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      Files.deleteIfExists(temp);
    }
  }
}
