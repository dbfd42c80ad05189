package io.platen.chunkstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Dumps as the files {@code NAME.jsonl.zst} of a directory, for this user alone. The directory is
 * made with the first one; its parent must exist.
 */
public final class FileDumpStore implements DumpStore {
  private static final String SUFFIX = ".jsonl.zst";

  /** A dump is written without pauses, so what was not touched for so long has no writer. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final Path directory;

  public FileDumpStore(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  private Path file(String name) {
    return directory.resolve(IndexStore.requireName(name) + SUFFIX);
  }

  @Override
  public IndexStore.Draft begin(String name) throws IOException {
    Path file = file(name);
    try {
      createDirectory();
      removeAbandoned();
      new Reserve(directory).take(file, 0).close();
      return AtomicFile.create(file);
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  private void createDirectory() throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    try {
      Files.createDirectory(directory, OwnerOnly.DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
      return; // another process was faster
    }
    AtomicFile.syncDirectory(Objects.requireNonNull(directory.getParent()));
  }

  /** What killed writers left: each dump has a name of its own, so no other one finds it. */
  private void removeAbandoned() throws IOException {
    Instant limit = Instant.now().minus(ABANDONED);
    for (Path file : files(".*.tmp")) {
      removeOlder(file, limit);
    }
  }

  private static void removeOlder(Path file, Instant limit) throws IOException {
    try {
      if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return; // its writer was at work, and has ended
    }
  }

  private List<Path> files(String pattern) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, pattern)) {
      files.forEach(found::add);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw Objects.requireNonNull(e.getCause());
    }
    return found;
  }

  @Override
  public InputStream open(String name) throws IOException {
    Path file = file(name);
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  @Override
  public long size(String name) throws IOException {
    try {
      return Files.size(file(name));
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  private IOException failure(String name, IOException e) {
    if (e instanceof NoSuchFileException) {
      DumpMissing missing = new DumpMissing(place(name));
      missing.addSuppressed(e);
      return missing;
    }
    return IoFailure.ofStore(file(name), e);
  }

  @Override
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try {
      for (Path file : files("[!.]*" + SUFFIX)) {
        String name = String.valueOf(file.getFileName());
        names.add(name.substring(0, name.length() - SUFFIX.length()));
      }
    } catch (IOException e) {
      throw IoFailure.ofStore(directory, e);
    }
    Collections.sort(names);
    return names;
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
