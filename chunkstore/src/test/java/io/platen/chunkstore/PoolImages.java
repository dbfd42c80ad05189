package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images made of chunks from a small pool, so that they share many, in a directory of their own.
 * The name of an index spells the image: {@code NAME_3-17-0.caibx} has the pool's chunks 3, 17 and
 * 0. So whatever survives a crash says itself what it must restore to. Chunk 0 is the zero chunk.
 */
final class PoolImages implements IndexRoots {
  static final int MIB = 1 << 20;

  final Path directory;
  final Path indexes;

  PoolImages(Path directory) throws IOException {
    this.directory = directory;
    this.indexes = Files.createDirectories(directory.resolve("index"));
  }

  Path store() {
    return directory.resolve("x.castr");
  }

  static byte[] chunk(int number) {
    byte[] bytes = new byte[MIB];
    if (number > 0) {
      byte[] random = new byte[4096];
      new Random(number).nextBytes(random);
      System.arraycopy(random, 0, bytes, 0, random.length);
    }
    return bytes;
  }

  static ChunkId id(int number) {
    return ChunkId.of(Sha256.create().digest(chunk(number)));
  }

  static byte[] bytes(List<Integer> chunks) {
    ByteBuffer all = ByteBuffer.allocate(chunks.size() * MIB);
    chunks.forEach(number -> all.put(chunk(number)));
    return all.array();
  }

  Path index(String name, List<Integer> chunks) {
    return indexes.resolve(
        name
            + "_"
            + chunks.stream().map(String::valueOf).collect(Collectors.joining("-"))
            + ".caibx");
  }

  static List<Integer> chunks(Path index) {
    String name = String.valueOf(index.getFileName());
    String spelled = name.substring(name.indexOf('_') + 1, name.indexOf(".caibx"));
    return Arrays.stream(spelled.split("-", -1)).map(Integer::valueOf).toList();
  }

  /** An image of which the parent has all chunks that are equal in it. */
  static MemoryImage image(List<Integer> chunks, List<Integer> parent) {
    List<Extent> extents =
        IntStream.range(0, chunks.size())
            .mapToObj(
                i -> {
                  boolean same = i < parent.size() && parent.get(i).equals(chunks.get(i));
                  var kind =
                      same
                          ? Extent.Kind.PARENT
                          : chunks.get(i) == 0 ? Extent.Kind.ZERO : Extent.Kind.DATA;
                  return new Extent((long) i * MIB, MIB, kind);
                })
            .toList();
    return new MemoryImage(bytes(chunks), extents);
  }

  Path capture(
      ChunkStore store,
      Workspaces workspaces,
      String name,
      List<Integer> chunks,
      @Nullable Path parent,
      Cancellation cancellation)
      throws IOException {
    Path index = index(name, chunks);
    ImageWriter writer = new ImageWriter(store, workspaces, 2);
    if (parent == null) {
      writer.write(image(chunks, List.of()), null, index, ProgressListener.NONE, cancellation);
      return index;
    }
    try (Index opened = Index.open(parent)) {
      writer.write(
          image(chunks, chunks(parent)), opened, index, ProgressListener.NONE, cancellation);
    }
    return index;
  }

  /** Restores an image and compares every byte with what its name says. */
  void check(ChunkSource store, Workspaces workspaces, Path index) throws IOException {
    Path restored = Files.createTempFile(directory, "restored", ".raw");
    try (Index opened = Index.open(index)) {
      new ImageReader(store, workspaces, 2)
          .read(opened, restored, opened.size(), ProgressListener.NONE, new Cancellation());
      byte[] expected = bytes(chunks(index));
      if (!Arrays.equals(Files.readAllBytes(restored), expected)) {
        throw new AssertionError(index + " is restored to other bytes");
      }
    } finally {
      Files.deleteIfExists(restored);
    }
  }

  List<Path> live() throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(indexes, "*.caibx")) {
      files.forEach(found::add);
    }
    return found;
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    for (Path file : live()) {
      visitor.visit(new IndexRoot(file, null));
    }
  }

  /** In these tests an index is removed only when its template is deleted. */
  @Override
  public boolean isNeeded(Path file) {
    return false;
  }

  /** The chunks that are in the store, whoever names them. */
  List<ChunkId> stored() throws IOException {
    ChunkDirectory chunks = new ChunkDirectory(store());
    List<ChunkId> found = new ArrayList<>();
    for (int prefix : chunks.prefixes(0, ChunkIdSet.PREFIXES)) {
      found.addAll(chunks.list(prefix));
    }
    return found;
  }

  long storedBytes(ChunkId id) throws IOException {
    try {
      return Files.size(new ChunkDirectory(store()).file(id));
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
