package io.platen.chunkstore;

import io.platen.chunkstore.contract.StoreUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A store in a directory, as the contracts try it. The directory belongs to the test. */
record DirectoryUnderTest(Path directory) implements StoreUnderTest {
  DirectoryUnderTest {
    try {
      Files.createDirectories(directory.resolve("index"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  Path chunks() {
    return directory.resolve("x.castr");
  }

  @Override
  public FileChunkStore open() throws IOException {
    return FileChunkStore.open(chunks());
  }

  @Override
  public ChunkDirectory reader() {
    return new ChunkDirectory(chunks());
  }

  @Override
  public FileIndexStore indexes() {
    return new FileIndexStore(directory.resolve("index"));
  }

  /** The chunks that are there, whoever names them. */
  List<ChunkId> stored() throws IOException {
    List<ChunkId> found = new ArrayList<>();
    for (int prefix : reader().prefixes(0, ChunkIdSet.PREFIXES)) {
      found.addAll(reader().list(prefix));
    }
    return found;
  }

  /** Bytes of a chunk's file; 0 where there is none. */
  long storedBytes(ChunkId id) throws IOException {
    return reader().bytes(id).orElse(0);
  }

  @Override
  public void overwriteChunk(ChunkId id, byte[] bytes) throws IOException {
    Files.write(reader().file(id), bytes);
  }

  @Override
  public void loseChunk(ChunkId id) throws IOException {
    Files.delete(reader().file(id));
  }

  @Override
  public void overwriteIndex(String name, byte[] bytes) throws IOException {
    Files.write(Path.of(indexes().place(name)), bytes);
  }

  @Override
  public FileDocumentStore documents() {
    return new FileDocumentStore(directory.resolve("manifest"));
  }

  @Override
  public void overwriteDocument(String name, byte[] bytes) throws IOException {
    Path file = Path.of(documents().place(name));
    Files.createDirectories(file.resolveSibling("."));
    Files.write(file, bytes);
  }

  @Override
  public void close() {}
}
