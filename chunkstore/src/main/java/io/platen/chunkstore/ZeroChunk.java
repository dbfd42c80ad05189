package io.platen.chunkstore;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** The chunk of zero bytes, by far the most frequent one: known without reading. */
final class ZeroChunk {
  /** A megabyte of zeros to compare with. Read-only; use a duplicate. */
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(Format.CHUNK_BYTES).asReadOnlyBuffer();

  private static final ChunkId FULL = hash(Format.CHUNK_BYTES);

  private ZeroChunk() {}

  /** The id of {@code length} zero bytes. */
  static ChunkId id(int length) {
    return length == Format.CHUNK_BYTES ? FULL : hash(length);
  }

  /** Whether the remaining bytes are all zero; decided at the first one that is not. */
  static boolean matches(ByteBuffer bytes) {
    return bytes.mismatch(ZEROS.slice(0, bytes.remaining())) < 0;
  }

  /** Fills the bytes from {@code start} to before {@code end} with zeros. */
  static void fill(ByteBuffer buffer, int start, int end) {
    buffer.put(start, ZEROS, 0, end - start);
  }

  private static ChunkId hash(int length) {
    MessageDigest sha = Sha256.create();
    sha.update(ZEROS.slice(0, length));
    return ChunkId.of(sha.digest());
  }
}
