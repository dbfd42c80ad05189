package io.platen.chunkstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The name of a chunk: the SHA-256 of its uncompressed bytes, kept as the hash's four big-endian
 * words. Ordered like its hexadecimal form.
 */
public record ChunkId(long word0, long word1, long word2, long word3)
    implements Comparable<ChunkId> {

  /** Length of an id in bytes. */
  public static final int BYTES = 32;

  /** The id whose bytes are {@code hash}. */
  public static ChunkId of(byte[] hash) {
    if (hash.length != BYTES) {
      throw new IllegalArgumentException("a chunk id has 32 bytes, not " + hash.length);
    }
    ByteBuffer words = ByteBuffer.wrap(hash);
    return new ChunkId(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }

  /** The id written as 64 hexadecimal digits. */
  public static ChunkId ofHex(String hex) {
    return of(HexFormat.of().parseHex(hex));
  }

  /** Reads the 32 bytes at {@code position}, whatever the buffer's byte order. */
  static ChunkId get(ByteBuffer buffer, int position) {
    return new ChunkId(
        bigEndian(buffer, buffer.getLong(position)),
        bigEndian(buffer, buffer.getLong(position + 8)),
        bigEndian(buffer, buffer.getLong(position + 16)),
        bigEndian(buffer, buffer.getLong(position + 24)));
  }

  /** Writes the 32 bytes at {@code position}, whatever the buffer's byte order. */
  void put(ByteBuffer buffer, int position) {
    buffer.putLong(position, bigEndian(buffer, word0));
    buffer.putLong(position + 8, bigEndian(buffer, word1));
    buffer.putLong(position + 16, bigEndian(buffer, word2));
    buffer.putLong(position + 24, bigEndian(buffer, word3));
  }

  private static long bigEndian(ByteBuffer buffer, long word) {
    return buffer.order() == ByteOrder.BIG_ENDIAN ? word : Long.reverseBytes(word);
  }

  /** The id as 64 lower-case hexadecimal digits. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(word0)
        + format.toHexDigits(word1)
        + format.toHexDigits(word2)
        + format.toHexDigits(word3);
  }

  @Override
  public int compareTo(ChunkId other) {
    int order = Long.compareUnsigned(word0, other.word0);
    if (order == 0) {
      order = Long.compareUnsigned(word1, other.word1);
    }
    if (order == 0) {
      order = Long.compareUnsigned(word2, other.word2);
    }
    if (order == 0) {
      order = Long.compareUnsigned(word3, other.word3);
    }
    return order;
  }

  /** The words are already uniformly distributed: one of them is a good hash. */
  @Override
  public int hashCode() {
    return Long.hashCode(word0);
  }

  @Override
  public String toString() {
    return hex();
  }
}
