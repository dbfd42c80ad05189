package io.platen.chunkstore;

/**
 * The numbers of the casync format, little-endian throughout.
 *
 * <p>An index ({@code .caibx}) is a 48-byte header {size of the header, type, feature flags,
 * minimal, average and maximal chunk size}, a table header {2^64-1, type}, one item {end offset of
 * the chunk in the image, 32-byte id} for each chunk, and a tail the size of an item {0, 0, offset
 * of the table's header's predecessor = 48, size of the table with its header and tail, marker}. A
 * store ({@code .castr}) holds each chunk as one zstd frame in {@code abcd/abcd….cacnk}. Source:
 * the files that casync 2 (Debian) writes and accepts; {@code CasyncIT} compares them byte for
 * byte.
 */
final class Format {
  /** Every chunk of an image has this many bytes (1 MiB), the last one perhaps fewer. */
  static final int CHUNK_BYTES = 1 << 20;

  /** {@code CA_FORMAT_INDEX}. */
  static final long INDEX_TYPE = 0x96824d9c7b129ff9L;

  /** {@code CA_FORMAT_TABLE}. */
  static final long TABLE_TYPE = 0xe75b9e112f17417dL;

  /** {@code CA_FORMAT_TABLE_TAIL_MARKER}. */
  static final long TAIL_MARKER = 0x4b4f050e5549ecd1L;

  /** {@code CA_FORMAT_SHA512_256}: ids are SHA-512/256 instead of SHA-256. Not supported. */
  static final long FLAG_SHA512_256 = 0x2000_0000_0000_0000L;

  /**
   * {@code CA_FORMAT_EXCLUDE_NODUMP | CA_FORMAT_EXCLUDE_FILE}: without meaning for an image, but
   * {@code casync make} sets them, and with them our indexes equal its own byte for byte.
   */
  static final long FLAGS = 0x9000_0000_0000_0000L;

  static final int HEADER_BYTES = 48;
  static final int TABLE_HEADER_BYTES = 16;
  static final int ITEM_BYTES = 8 + ChunkId.BYTES;
  static final int TAIL_BYTES = 40;

  /** Where the items start. */
  static final int ITEMS_OFFSET = HEADER_BYTES + TABLE_HEADER_BYTES;

  /** Size of an index without items: that of an empty image. */
  static final int EMPTY_INDEX_BYTES = ITEMS_OFFSET + TAIL_BYTES;

  /**
   * The longest frame a chunk may have. zstd adds 3 bytes to every 128 KiB block it can't compress,
   * and a header of up to 18; casync itself writes 1 MiB + 33. 4 KiB leaves room for other writers'
   * block sizes, and equals {@code ZSTD_compressBound(1 MiB)} - 1 MiB.
   */
  static final int MAX_FRAME_BYTES = CHUNK_BYTES + 4096;

  private Format() {}

  static long chunkCount(long imageSize) {
    return imageSize / CHUNK_BYTES + (imageSize % CHUNK_BYTES == 0 ? 0 : 1);
  }

  /** End of the chunk in the image; the last chunk ends with the image. */
  static long chunkEnd(long chunk, long imageSize) {
    return Math.min((chunk + 1) * CHUNK_BYTES, imageSize);
  }

  static int chunkLength(long chunk, long imageSize) {
    return (int) (chunkEnd(chunk, imageSize) - chunk * CHUNK_BYTES);
  }

  /** Position of a chunk's item in the index file; for the chunk count, that of the tail. */
  static long itemOffset(long chunk) {
    return ITEMS_OFFSET + chunk * ITEM_BYTES;
  }

  static long indexBytes(long chunkCount) {
    return itemOffset(chunkCount) + TAIL_BYTES;
  }
}
