package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/** Indexes as the files {@code NAME.caibx} of a directory, which must exist. */
public final class FileIndexStore implements IndexStore {
  private static final String SUFFIX = ".caibx";

  private final Path directory;

  public FileIndexStore(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /**
   * Removes the drafts of writers that were killed; to be called by the one process that writes.
   */
  public void removeLeftovers() throws IOException {
    AtomicFile.removeLeftovers(directory);
  }

  private Path file(String name) {
    return directory.resolve(IndexStore.requireName(name) + SUFFIX);
  }

  @Override
  public Draft begin(String name) throws IOException {
    Path file = file(name);
    try {
      return AtomicFile.create(file);
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  @Override
  public Index open(String name) throws IOException {
    Path file = file(name);
    try {
      return Index.open(file);
    } catch (NoSuchFileException e) {
      IndexMissing missing = new IndexMissing(place(name));
      missing.addSuppressed(e);
      throw missing;
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  @Override
  public boolean has(String name) throws IOException {
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

  @Override
  public void list(Visitor visitor) throws IOException {
    try (DirectoryStream<Path> files = files()) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        visitor.visit(name.substring(0, name.length() - SUFFIX.length()));
      }
    } catch (DirectoryIteratorException e) {
      throw IoFailure.ofStore(directory, Objects.requireNonNull(e.getCause()));
    }
  }

  /** Apart from the loop, whose failures are the visitor's own. */
  @SuppressWarnings("StreamResourceLeak") // closed by the only caller
  private DirectoryStream<Path> files() throws IOException {
    try {
      return Files.newDirectoryStream(directory, "*" + SUFFIX);
    } catch (IOException e) {
      throw IoFailure.ofStore(directory, e);
    }
  }

  @Override
  public void remove(String name) throws IOException {
    Path file = file(name);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  @Override
  public String place() {
    return directory.toString();
  }

  @Override
  public String place(String name) {
    return file(name).toString();
  }
}
