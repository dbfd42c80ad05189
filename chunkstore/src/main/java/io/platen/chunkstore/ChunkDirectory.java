package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The chunk files of a casync store: {@code abcd/abcd….cacnk} below a directory {@code X.castr}.
 * For reading alone, also while another process adds to the store.
 */
public final class ChunkDirectory implements StoredChunks {
  /** Digits of the id that name a chunk's directory: 65536 of them, as casync has it. */
  private static final int PREFIX_DIGITS = 4;

  private static final Pattern PREFIX = Pattern.compile("[0-9a-f]{4}");
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}\\.cacnk");

  private final Path root;

  /** Reads from the store in {@code root}, which need not be there yet. */
  public ChunkDirectory(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  Path root() {
    return root;
  }

  /** The directory a chunk's file is in. */
  Path directory(ChunkId id) {
    return root.resolve(id.hex().substring(0, PREFIX_DIGITS));
  }

  /** The directory of this prefix: 4 hexadecimal digits of 16 bits. */
  Path directory(int prefix) {
    return root.resolve(HexFormat.of().toHexDigits((short) prefix));
  }

  /** The prefixes of the directories that there are, from {@code from} to before {@code end}. */
  List<Integer> prefixes(int from, int end) throws IOException {
    List<Integer> found = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(root, "????")) {
      for (Path directory : directories) {
        String name = String.valueOf(directory.getFileName());
        if (PREFIX.matcher(name).matches()) {
          int prefix = HexFormat.fromHexDigits(name);
          if (prefix >= from && prefix < end) {
            found.add(prefix);
          }
        }
      }
    } catch (DirectoryIteratorException e) {
      throw IoFailure.ofStore(root, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw IoFailure.ofStore(root, e);
    }
    Collections.sort(found);
    return found;
  }

  /** The chunks in the directory of a prefix; none when it is gone. Other files are passed over. */
  List<ChunkId> list(int prefix) throws IOException {
    Path directory = directory(prefix);
    List<ChunkId> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (NAME.matcher(name).matches() && name.startsWith(directory.getFileName().toString())) {
          found.add(ChunkId.ofHex(name.substring(0, 2 * ChunkId.BYTES)));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw IoFailure.ofStore(directory, Objects.requireNonNull(e.getCause()));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw IoFailure.ofStore(directory, e);
    }
    return found;
  }

  @Override
  public boolean isEmpty() throws IOException {
    if (Files.notExists(root)) {
      return true; // no store was made yet
    }
    for (int prefix : prefixes(0, ChunkIdSet.PREFIXES)) {
      if (!list(prefix).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** The file that holds, or would hold, a chunk. */
  public Path file(ChunkId id) {
    String hex = id.hex();
    return root.resolve(hex.substring(0, PREFIX_DIGITS) + "/" + hex + ".cacnk");
  }

  @Override
  public boolean has(ChunkId id) throws IOException {
    Path file = file(id);
    try {
      if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
        throw new IOException(file + " is not a file");
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  /** Bytes of a chunk's file; empty where there is none. */
  OptionalLong bytes(ChunkId id) throws IOException {
    Path file = file(id);
    try {
      return OptionalLong.of(Files.size(file));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      throw IoFailure.ofStore(file, e);
    }
  }

  @Override
  public void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException {
    ids.forEach(
        (id, value) -> {
          OptionalLong bytes = bytes(id);
          if (bytes.isPresent()) {
            visitor.visit(id, bytes.getAsLong());
          }
        });
  }

  @Override
  public Total count() throws IOException {
    Counter counter = new Counter();
    try {
      Files.walkFileTree(root, counter);
    } catch (IOException e) {
      throw IoFailure.ofStore(root, e);
    }
    return new Total(counter.bytes, counter.chunks);
  }

  private static final class Counter extends SimpleFileVisitor<Path> {
    private long bytes;
    private long chunks;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      bytes += attributes.size();
      if (NAME.matcher(String.valueOf(file.getFileName())).matches()) {
        chunks++;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        // Renamed or removed meanwhile.
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }
  }

  @Override
  public OptionalLong freeBytes() throws IOException {
    try {
      return OptionalLong.of(Files.getFileStore(root).getUsableSpace());
    } catch (IOException e) {
      throw IoFailure.ofStore(root, e);
    }
  }

  @Override
  public boolean isUsable() {
    return Files.isWritable(root);
  }

  @Override
  public String place() {
    return root.toString();
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    Path file = file(id);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int start = target.position();
      // One read gets a whole file, the second one finds its end.
      while (channel.read(target) >= 0) {
        if (!target.hasRemaining() || target.position() - start > Format.MAX_FRAME_BYTES) {
          throw ChunkCorrupt.undecodable(id, file + " is longer than any chunk");
        }
      }
      target.flip();
    } catch (NoSuchFileException e) {
      ChunkMissing missing = new ChunkMissing(id, file.toString());
      missing.addSuppressed(e);
      throw missing;
    } catch (ChunkCorrupt e) {
      throw e;
    } catch (IOException e) {
      throw IoFailure.ofChunk(id, file, e);
    }
  }
}
