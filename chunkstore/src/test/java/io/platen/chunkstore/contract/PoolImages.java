package io.platen.chunkstore.contract;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.Extent;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images made of chunks from a small pool, so that they share many. The name of an index spells the
 * image: {@code NAME_3-17-0} has the pool's chunks 3, 17 and 0. So whatever survives a crash says
 * itself what it must restore to. Chunk 0 is the zero chunk.
 *
 * <p>All indexes of the store are roots. One is removed only when its template is deleted.
 */
public final class PoolImages implements IndexRoots {
  public static final int MIB = 1 << 20;

  private final IndexStore indexes;

  /** Images whose indexes are published here. */
  public PoolImages(IndexStore indexes) {
    this.indexes = indexes;
  }

  /** The bytes of a chunk of the pool. */
  public static byte[] chunk(int number) {
    byte[] bytes = new byte[MIB];
    if (number > 0) {
      byte[] random = new byte[4096];
      new Random(number).nextBytes(random);
      System.arraycopy(random, 0, bytes, 0, random.length);
    }
    return bytes;
  }

  /** The id of a chunk of the pool. */
  public static ChunkId id(int number) {
    try {
      return ChunkId.of(MessageDigest.getInstance("SHA-256").digest(chunk(number)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
  }

  /** The ids of these chunks. */
  public static List<ChunkId> ids(Integer... numbers) {
    return Arrays.stream(numbers).map(PoolImages::id).toList();
  }

  static byte[] bytes(List<Integer> chunks) {
    ByteBuffer all = ByteBuffer.allocate(chunks.size() * MIB);
    chunks.forEach(number -> all.put(chunk(number)));
    return all.array();
  }

  /** The name of the index of these chunks. */
  public static String name(String name, List<Integer> chunks) {
    return name + "_" + chunks.stream().map(String::valueOf).collect(Collectors.joining("-"));
  }

  /** The chunks of the image that has this index. */
  public static List<Integer> chunks(String index) {
    String spelled = index.substring(index.indexOf('_') + 1);
    return Arrays.stream(spelled.split("-", -1)).map(Integer::valueOf).toList();
  }

  /** An image of which the parent has all chunks that are equal in it. */
  private static MemoryImage image(List<Integer> chunks, List<Integer> parent) {
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

  /**
   * Captures an image.
   *
   * @param parent the index of the image that it takes equal chunks over from; null for none
   * @return the name of its index
   */
  public String capture(
      ChunkStore store,
      Workspaces workspaces,
      String name,
      List<Integer> chunks,
      @Nullable String parent,
      Cancellation cancellation)
      throws IOException {
    String index = name(name, chunks);
    ImageWriter writer = new ImageWriter(store, indexes, workspaces, 2);
    if (parent == null) {
      writer.write(image(chunks, List.of()), null, index, ProgressListener.NONE, cancellation);
      return index;
    }
    try (Index opened = indexes.open(parent)) {
      writer.write(
          image(chunks, chunks(parent)), opened, index, ProgressListener.NONE, cancellation);
    }
    return index;
  }

  /** Restores an image and compares every byte with what its name says. */
  public void check(ChunkSource store, Workspaces workspaces, String index) throws IOException {
    Path restored = Files.createTempFile("restored", ".raw");
    try (Index opened = indexes.open(index)) {
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

  /** Restores and compares all images that there are. */
  public void checkAll(ChunkSource store, Workspaces workspaces) throws IOException {
    for (String index : live()) {
      check(store, workspaces, index);
    }
  }

  /** Deletes an image. */
  public void delete(String index) throws IOException {
    indexes.remove(index);
  }

  /** The names of all indexes. */
  public List<String> live() throws IOException {
    List<String> found = new ArrayList<>();
    indexes.list(found::add);
    return found;
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    for (String name : live()) {
      visitor.visit(new IndexRoot(name, null));
    }
  }

  @Override
  public Index open(String name) throws IOException {
    return indexes.open(name);
  }

  @Override
  public boolean isNeeded(String name) {
    return false;
  }
}
