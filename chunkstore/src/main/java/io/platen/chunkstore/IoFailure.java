package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Gives the errors of the file system, which may name no file, their path and a type. */
final class IoFailure {
  /** Less free space than one chunk and its directory need counts as none. */
  private static final long FULL_BELOW_BYTES = 2L * Format.CHUNK_BYTES;

  private IoFailure() {}

  /** The same failure, naming the path; a {@link StoreFull} where the disk or quota is full. */
  static IOException at(Path path, IOException e) {
    if (e instanceof StoreFull) {
      return e;
    }
    if (Errno.ENOSPC.isCauseOf(e) || Errno.EDQUOT.isCauseOf(e) || isFull(path, e)) {
      return new StoreFull(path, e);
    }
    return e instanceof FileSystemException ? e : new IOException(words(path, e), e);
  }

  /**
   * What a store throws where an operation on it failed: a {@link StoreUnavailable}, unless the
   * failure has a type of its own.
   */
  static IOException ofStore(Path path, IOException e) {
    return switch (e) {
      case StoreFull _, StoreUnavailable _, Cancelled _, ChunkMissing _, ChunkCorrupt _ -> e;
      case ChunkUnreadable _, IndexMissing _, IndexCorrupt _ -> e;
      default -> new StoreUnavailable(words(path, e), e);
    };
  }

  /** What a store throws where a chunk's file can't be read. */
  static IOException ofChunk(ChunkId id, Path file, IOException e) {
    return Errno.EIO.isCauseOf(e) ? new ChunkUnreadable(id, words(file, e), e) : ofStore(file, e);
  }

  private static String words(Path path, IOException e) {
    String said = String.valueOf(e.getMessage());
    return switch (e) {
      // These say nothing but the name of the file.
      case AccessDeniedException _ -> said + ": access denied; check its owner and mode";
      case NoSuchFileException _ -> said + " is missing";
      case NotDirectoryException _ -> said + ": not a directory";
      case FileSystemException _ -> said;
      // The errors of channels name no file.
      default -> said.startsWith(path.toString()) ? said : path + ": " + said;
    };
  }

  /** A file system may answer with another error than ENOSPC, so the free space is asked too. */
  private static boolean isFull(Path path, IOException e) {
    Path directory = path.toAbsolutePath().getParent();
    if (directory == null || !Files.isWritable(directory)) {
      return false;
    }
    try {
      return Files.getFileStore(directory).getUsableSpace() < FULL_BELOW_BYTES;
    } catch (IOException unknown) {
      e.addSuppressed(unknown);
      return false;
    }
  }
}
