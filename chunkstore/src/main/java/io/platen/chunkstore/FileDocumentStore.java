package io.platen.chunkstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Documents as the files {@code NAME.json} of a directory, which is made when it is needed. In a
 * directory that holds more than documents, other files are not looked at.
 */
public final class FileDocumentStore implements DocumentStore {
  private final NamedFiles files;

  public FileDocumentStore(Path directory) {
    files = new NamedFiles(directory, ".json");
  }

  /**
   * Removes the drafts of writers that were killed; to be called by the one process that writes.
   */
  public void removeLeftovers() throws IOException {
    if (Files.exists(files.directory())) {
      AtomicFile.removeLeftovers(files.directory());
    }
  }

  @Override
  public void publish(String name, byte[] bytes) throws IOException {
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "%s has %d bytes; a document has at most %d".formatted(name, bytes.length, MAX_BYTES));
    }
    Path file = files.file(name);
    try {
      make();
      try (AtomicFile draft = AtomicFile.create(file)) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
          draft.channel().write(left);
        }
        draft.commit();
      }
    } catch (IOException e) {
      throw IoFailure.ofStore(file, IoFailure.at(file, e));
    }
  }

  /** Makes the directory, durably: what is in it is no more durable than its own name. */
  private void make() throws IOException {
    Path directory = files.directory();
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory, OwnerOnly.DIRECTORY);
      AtomicFile.syncDirectory(Objects.requireNonNull(directory.getParent()));
    }
  }

  @Override
  public Optional<byte[]> read(String name) throws IOException {
    Path file = files.file(name);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new DocumentCorrupt(
            file.toString(), "it has more than " + MAX_BYTES + " bytes", null);
      }
      return Optional.of(bytes);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (DocumentCorrupt e) {
      throw e;
    } catch (IOException e) {
      throw Errno.EIO.isCauseOf(e)
          ? new DocumentCorrupt(file.toString(), String.valueOf(e.getMessage()), e)
          : IoFailure.ofStore(file, e);
    }
  }

  @Override
  public boolean has(String name) throws IOException {
    return files.has(name);
  }

  @Override
  public void list(IndexStore.Visitor visitor) throws IOException {
    if (Files.notExists(files.directory())) {
      return; // nothing was published yet
    }
    files.list(
        name -> {
          if (IndexStore.NAME.matcher(name).matches()) {
            visitor.visit(name);
          }
        });
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
