package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Writes an index whose items become known in any order: since chunks have a fixed size, each has
 * its place in the file from the start. Nothing is held in memory. Items may be written by several
 * threads at once.
 */
final class IndexWriter implements Closeable {
  /** Items written or read at a time: 320 KB, where longer buffers gain nothing. */
  private static final int BLOCK_ITEMS = 8192;

  private final IndexStore.Draft file;
  private final FileChannel channel;
  private final long size;
  private final long chunkCount;

  /**
   * Starts the index of an image of {@code size} bytes.
   *
   * @param file closed with this
   */
  IndexWriter(IndexStore.Draft file, long size) {
    this.file = file;
    this.channel = file.channel();
    this.size = size;
    this.chunkCount = Format.chunkCount(size);
  }

  long chunkCount() {
    return chunkCount;
  }

  int chunkLength(long chunk) {
    return Format.chunkLength(chunk, size);
  }

  /** Writes one item. */
  void put(long chunk, ChunkId id) throws IOException {
    ByteBuffer item = buffer(Format.ITEM_BYTES);
    item.putLong(0, Format.chunkEnd(chunk, size));
    id.put(item, 8);
    write(item, Format.itemOffset(chunk));
  }

  /** Writes the same id for {@code count} chunks from {@code first} on. */
  void fill(long first, long count, ChunkId id) throws IOException {
    if (count == 1) {
      put(first, id);
      return;
    }
    ByteBuffer block = buffer((int) Math.min(BLOCK_ITEMS, count) * Format.ITEM_BYTES);
    for (int at = 8; at < block.capacity(); at += Format.ITEM_BYTES) {
      id.put(block, at);
    }
    long end = first + count;
    long chunk = first;
    while (chunk < end) {
      int items = (int) Math.min(BLOCK_ITEMS, end - chunk);
      for (int i = 0; i < items; i++) {
        block.putLong(i * Format.ITEM_BYTES, Format.chunkEnd(chunk + i, size));
      }
      write(block.position(0).limit(items * Format.ITEM_BYTES), Format.itemOffset(chunk));
      chunk += items;
    }
  }

  /** Collects items that follow each other, to write them at once. For one thread. */
  final class Run {
    private final ByteBuffer items;
    private long next;

    /** Items from {@code first} on, at most {@code count} between two flushes. */
    Run(long first, int count) {
      next = first;
      items = buffer(count * Format.ITEM_BYTES);
    }

    void add(ChunkId id) {
      items.putLong(Format.chunkEnd(next, size));
      id.put(items, items.position());
      items.position(items.position() + ChunkId.BYTES);
      next++;
    }

    /** Writes what was collected, and leaves out the next item: somebody else writes that. */
    void skip() throws IOException {
      flush();
      next++;
    }

    void flush() throws IOException {
      items.flip();
      long count = items.limit() / Format.ITEM_BYTES;
      write(items, Format.itemOffset(next - count));
      items.clear();
    }
  }

  /**
   * Checks that every item was written, and publishes the index.
   *
   * @return SHA-256 of the file, in hexadecimal
   */
  String commit() throws IOException {
    ByteBuffer header = buffer(Format.ITEMS_OFFSET);
    header.putLong(Format.HEADER_BYTES).putLong(Format.INDEX_TYPE).putLong(Format.FLAGS);
    header.putLong(Format.CHUNK_BYTES).putLong(Format.CHUNK_BYTES).putLong(Format.CHUNK_BYTES);
    header.putLong(-1).putLong(Format.TABLE_TYPE);
    write(header.flip(), 0);

    ByteBuffer tail = buffer(Format.TAIL_BYTES);
    tail.putLong(0).putLong(0).putLong(Format.HEADER_BYTES);
    tail.putLong(Format.indexBytes(chunkCount) - Format.HEADER_BYTES).putLong(Format.TAIL_MARKER);
    write(tail.flip(), Format.itemOffset(chunkCount));

    String digest = checkedDigest();
    file.publish(digest);
    return digest;
  }

  private String checkedDigest() throws IOException {
    MessageDigest sha = Sha256.create();
    ByteBuffer block = buffer(BLOCK_ITEMS * Format.ITEM_BYTES);
    read(block.limit(Format.ITEMS_OFFSET), 0);
    sha.update(block);
    long chunk = 0;
    while (chunk < chunkCount) {
      int items = (int) Math.min(BLOCK_ITEMS, chunkCount - chunk);
      read(block.clear().limit(items * Format.ITEM_BYTES), Format.itemOffset(chunk));
      for (int i = 0; i < items; i++) {
        // A hole left by an item that was never written reads as 0, which no chunk ends at.
        if (block.getLong(i * Format.ITEM_BYTES) != Format.chunkEnd(chunk + i, size)) {
          throw new IllegalStateException("chunk " + (chunk + i) + " was never written");
        }
      }
      sha.update(block);
      chunk += items;
    }
    read(block.clear().limit(Format.TAIL_BYTES), Format.itemOffset(chunkCount));
    sha.update(block);
    return HexFormat.of().formatHex(sha.digest());
  }

  private void write(ByteBuffer bytes, long position) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        position += channel.write(bytes, position);
      }
    } catch (IOException e) {
      throw IoFailure.at(file.path(), e);
    }
  }

  private void read(ByteBuffer bytes, long position) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        int count = channel.read(bytes, position);
        if (count < 0) {
          throw new IOException("truncated by someone else while it was being written");
        }
        position += count;
      }
    } catch (IOException e) {
      throw IoFailure.at(file.path(), e);
    }
    bytes.flip();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Ends the writing; an index that was not committed disappears. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
