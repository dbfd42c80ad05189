package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Indexes as the files {@code NAME.caibx} of a directory, which must exist. */
public final class FileIndexStore implements IndexStore {
  private final NamedFiles files;

  public FileIndexStore(Path directory) {
    files = new NamedFiles(directory, ".caibx");
  }

  /**
   * Removes the drafts of writers that were killed; to be called by the one process that writes.
   */
  public void removeLeftovers() throws IOException {
    AtomicFile.removeLeftovers(files.directory());
  }

  @Override
  public Draft begin(String name) throws IOException {
    Path file = files.file(name);
    try {
      return AtomicFile.create(file);
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  @Override
  public Index open(String name) throws IOException {
    Path file = files.file(name);
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
    return files.has(name);
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    files.list(visitor);
  }

  @Override
  public void remove(String name) throws IOException {
    files.remove(name);
  }

  @Override
  public String place() {
    return files.directory().toString();
  }

  @Override
  public String place(String name) {
    return files.file(name).toString();
  }
}
