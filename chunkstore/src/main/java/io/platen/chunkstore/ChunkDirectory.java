package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The chunk files of a casync store: {@code abcd/abcd….cacnk} below a directory {@code X.castr}.
 * For reading alone, also while another process adds to the store.
 */
public final class ChunkDirectory implements ChunkSource {
  /** Digits of the id that name a chunk's directory: 65536 of them, as casync has it. */
  private static final int PREFIX_DIGITS = 4;

  private final Path root;

  /** Reads from the store in {@code root}. */
  public ChunkDirectory(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  /** The directory a chunk's file is in. */
  Path directory(ChunkId id) {
    return root.resolve(id.hex().substring(0, PREFIX_DIGITS));
  }

  /** The file that holds, or would hold, a chunk. */
  public Path file(ChunkId id) {
    String hex = id.hex();
    return root.resolve(hex.substring(0, PREFIX_DIGITS) + "/" + hex + ".cacnk");
  }

  /** Whether the chunk's file is there. An error of the file system is not a "no". */
  boolean has(ChunkId id) throws IOException {
    Path file = file(id);
    try {
      if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
        throw new IOException(file + " is not a file");
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
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
      throw IoFailure.at(file, e);
    }
  }
}
