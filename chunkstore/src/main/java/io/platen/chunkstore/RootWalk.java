package io.platen.chunkstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Walks through all ids of an index that is needed, and stops at the first thing amiss. */
final class RootWalk {
  private static final int BLOCK_BYTES = 1 << 16;

  private final IndexRoots roots;
  private final Cancellation cancellation;

  RootWalk(IndexRoots roots, Cancellation cancellation) {
    this.roots = roots;
    this.cancellation = cancellation;
  }

  /** Hears of the chunks of an index, in their order. */
  interface Visitor {
    void visit(ChunkId id, int length) throws IOException;
  }

  /**
   * Visits every chunk of an index.
   *
   * @param checkDigest whether to check the file's SHA-256 first, where it is known
   * @return false when the index is gone because nothing needs it any more
   * @throws IndexCorrupt when it is not sound, or gone although it is needed
   */
  boolean walk(IndexRoot root, boolean checkDigest, Visitor visitor) throws IOException {
    try {
      if (checkDigest) {
        checkDigest(root);
      }
      try (Index index = Index.open(root.file())) {
        Index.Ids ids = index.ids();
        while (ids.hasNext()) {
          long chunk = ids.position();
          if (chunk % BLOCK_BYTES == 0) {
            cancellation.check("reading the index " + root.file());
          }
          visitor.visit(ids.next(), index.chunkLength(chunk));
        }
      }
      return true;
    } catch (NoSuchFileException e) {
      if (roots.isNeeded(root.file())) {
        IndexCorrupt missing = new IndexCorrupt(root.file(), "it is missing");
        missing.initCause(e);
        throw missing;
      }
      return false;
    }
  }

  private void checkDigest(IndexRoot root) throws IOException {
    String wanted = root.digest();
    if (wanted == null) {
      return;
    }
    String found = digest(root.file(), cancellation);
    if (!found.equals(wanted)) {
      throw new IndexCorrupt(
          root.file(), "its SHA-256 is " + found + " where " + wanted + " is needed");
    }
  }

  /** The SHA-256 of a file, in hexadecimal. */
  static String digest(Path file, Cancellation cancellation) throws IOException {
    MessageDigest sha = Sha256.create();
    byte[] block = new byte[BLOCK_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        cancellation.check("reading the index " + file);
        sha.update(block, 0, count);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }
}
