package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/** The files {@code NAME.SUFFIX} of a directory of a store. */
final class NamedFiles {
  private final Path directory;
  private final String suffix;

  /**
   * @param suffix with its dot
   */
  NamedFiles(Path directory, String suffix) {
    this.directory = directory.toAbsolutePath().normalize();
    this.suffix = suffix;
  }

  Path directory() {
    return directory;
  }

  /** Where the file of this name is, or would be. */
  Path file(String name) {
    return directory.resolve(IndexStore.requireName(name) + suffix);
  }

  boolean has(String name) throws IOException {
    Path file = file(name);
    try {
      Files.readAttributes(file, BasicFileAttributes.class);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  /** The names of all of them, in no order; also those that nothing of ours would have. */
  void list(IndexStore.Visitor visitor) throws IOException {
    try (DirectoryStream<Path> files = files()) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        visitor.visit(name.substring(0, name.length() - suffix.length()));
      }
    } catch (DirectoryIteratorException e) {
      throw IoFailure.ofStore(directory, Objects.requireNonNull(e.getCause()));
    }
  }

  /** Apart from the loop, whose failures are the visitor's own. */
  @SuppressWarnings("StreamResourceLeak") // closed by the only caller
  private DirectoryStream<Path> files() throws IOException {
    try {
      return Files.newDirectoryStream(directory, "*" + suffix);
    } catch (IOException e) {
      throw IoFailure.ofStore(directory, e);
    }
  }

  /** Removes the file of this name, if it is there. */
  void remove(String name) throws IOException {
    Path file = file(name);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }
}
