package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.NoSuchElementException;

/**
 * Reads an index ({@code .caibx}): which chunk stands at which place of an image.
 *
 * <p>The file is not trusted: its frame is checked at opening, every item when it is read. It is
 * never held in memory, since that of a 16 TB image has 640 MB. Safe for use by several threads at
 * once, which must not be interrupted: the JDK closes the file of an interrupted reader.
 */
public final class Index implements Closeable {
  /** Bytes that are read at a time, to hash them. */
  private static final int DIGEST_BYTES = 1 << 16;

  private final String place;
  private final FileChannel channel;
  private final long chunkCount;
  private final long size;

  private Index(String place, FileChannel channel, long chunkCount, long size) {
    this.place = place;
    this.channel = channel;
    this.chunkCount = chunkCount;
    this.size = size;
  }

  /**
   * Opens an index and checks its header, its tail, and both against the length of the file.
   *
   * @throws java.nio.file.NoSuchFileException when there is no such file
   * @throws IndexCorrupt when it is not a sound index of fixed 1 MiB chunks with SHA-256 ids
   */
  public static Index open(Path file) throws IOException {
    return open(file, file.toString());
  }

  /**
   * As {@link #open(Path)}, an index that was fetched to this file.
   *
   * @param place where it was fetched from, for messages
   */
  public static Index open(Path file, String place) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return open(place, channel);
    } catch (IOException | RuntimeException e) {
      try {
        channel.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static Index open(String place, FileChannel channel) throws IOException {
    long length = channel.size();
    if (length < Format.EMPTY_INDEX_BYTES
        || (length - Format.EMPTY_INDEX_BYTES) % Format.ITEM_BYTES != 0) {
      throw new IndexCorrupt(place, "no index has a length of " + length + " bytes");
    }
    long count = (length - Format.EMPTY_INDEX_BYTES) / Format.ITEM_BYTES;
    checkHeader(place, read(place, channel, 0, Format.ITEMS_OFFSET));
    ByteBuffer tail = read(place, channel, length - Format.TAIL_BYTES, Format.TAIL_BYTES);
    checkTail(place, tail, length);
    long size =
        count == 0
            ? 0
            : read(place, channel, Format.itemOffset(count - 1), Format.ITEM_BYTES).getLong(0);
    if (size < 0 || Format.chunkCount(size) != count) {
      throw new IndexCorrupt(
          place,
          count + " chunks can't make an image of " + Long.toUnsignedString(size) + " bytes");
    }
    return new Index(place, channel, count, size);
  }

  private static void checkHeader(String place, ByteBuffer header) throws IndexCorrupt {
    check(place, "header size", header.getLong(0), Format.HEADER_BYTES);
    check(place, "type", header.getLong(8), Format.INDEX_TYPE);
    if ((header.getLong(16) & Format.FLAG_SHA512_256) != 0) {
      throw new IndexCorrupt(place, "its ids are SHA-512/256, only SHA-256 is supported");
    }
    check(place, "minimal chunk size", header.getLong(24), Format.CHUNK_BYTES);
    check(place, "average chunk size", header.getLong(32), Format.CHUNK_BYTES);
    check(place, "maximal chunk size", header.getLong(40), Format.CHUNK_BYTES);
    check(place, "table size", header.getLong(48), -1);
    check(place, "table type", header.getLong(56), Format.TABLE_TYPE);
  }

  private static void checkTail(String place, ByteBuffer tail, long length) throws IndexCorrupt {
    check(place, "tail", tail.getLong(0) | tail.getLong(8), 0);
    check(place, "index offset in the tail", tail.getLong(16), Format.HEADER_BYTES);
    check(place, "table size in the tail", tail.getLong(24), length - Format.HEADER_BYTES);
    check(place, "tail marker", tail.getLong(32), Format.TAIL_MARKER);
  }

  private static void check(String place, String field, long found, long wanted)
      throws IndexCorrupt {
    if (found != wanted) {
      throw new IndexCorrupt(
          place, String.format("its %s is 0x%x where 0x%x is needed", field, found, wanted));
    }
  }

  private static ByteBuffer read(String place, FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    readFully(place, channel, position, buffer);
    return buffer;
  }

  private static void readFully(String place, FileChannel channel, long position, ByteBuffer buffer)
      throws IOException {
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, position + buffer.position()) < 0) {
          throw new IndexCorrupt(place, "it was truncated while open");
        }
      }
    } catch (IndexCorrupt e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(place + ": " + e.getMessage(), e);
    }
    buffer.flip();
  }

  /** Where the index is, for messages. */
  public String place() {
    return place;
  }

  /**
   * The SHA-256 of the index's bytes, in hexadecimal: equal ones mean equal images.
   *
   * @throws Cancelled after a cancellation
   */
  public String digest(Cancellation cancellation) throws IOException {
    MessageDigest sha = Sha256.create();
    ByteBuffer block = ByteBuffer.allocate(DIGEST_BYTES);
    long end = Format.indexBytes(chunkCount);
    for (long position = 0; position < end; position += block.limit()) {
      cancellation.check("reading the index " + place);
      block.clear().limit((int) Math.min(DIGEST_BYTES, end - position));
      readFully(place, channel, position, block);
      sha.update(block);
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  /**
   * Refuses an index whose bytes are not those that are known to be right.
   *
   * @param wanted their SHA-256, in hexadecimal
   * @throws IndexCorrupt when they have another one
   * @throws Cancelled after a cancellation
   */
  public void requireDigest(String wanted, Cancellation cancellation) throws IOException {
    String found = digest(cancellation);
    if (!found.equals(wanted)) {
      throw new IndexCorrupt(place, "its SHA-256 is " + found + " where " + wanted + " is needed");
    }
  }

  /**
   * Writes the index to a draft that is empty.
   *
   * @return the SHA-256 of what was written, in hexadecimal
   */
  String copyTo(IndexStore.Draft draft, Cancellation cancellation) throws IOException {
    MessageDigest sha = Sha256.create();
    ByteBuffer block = ByteBuffer.allocate(DIGEST_BYTES);
    long end = Format.indexBytes(chunkCount);
    for (long position = 0; position < end; position += block.limit()) {
      cancellation.check("copying the index " + place);
      block.clear().limit((int) Math.min(DIGEST_BYTES, end - position));
      readFully(place, channel, position, block);
      sha.update(block.duplicate());
      try {
        while (block.hasRemaining()) {
          draft.channel().write(block, position + block.position());
        }
      } catch (IOException e) {
        throw IoFailure.at(draft.path(), e);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  /** Size of the image in bytes. */
  public long size() {
    return size;
  }

  /** How many chunks make the image. */
  public long chunkCount() {
    return chunkCount;
  }

  /** Length in bytes of a chunk: 1 MiB, or less for the last. */
  public int chunkLength(long chunk) {
    return Format.chunkLength(checkIndex(chunk), size);
  }

  /** The chunk at one place. To read many, {@link #ids} is faster. */
  public ChunkId id(long chunk) throws IOException {
    checkIndex(chunk);
    return ids(chunk, chunk + 1).next();
  }

  /** A cursor over all chunks. */
  public Ids ids() {
    return ids(0, chunkCount);
  }

  /** A cursor over the chunks from {@code first} to before {@code end}. */
  public Ids ids(long first, long end) {
    if (first < 0 || end < first || end > chunkCount) {
      throw new IndexOutOfBoundsException(first + ".." + end + " of " + chunkCount);
    }
    return new Ids(first, end);
  }

  private long checkIndex(long chunk) {
    if (chunk < 0 || chunk >= chunkCount) {
      throw new IndexOutOfBoundsException(chunk + " of " + chunkCount);
    }
    return chunk;
  }

  /** Closes the file; cursors end with it. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Walks the ids of an index through a window of at most 40 KB. For one thread at a time. */
  public final class Ids {
    private static final int WINDOW_ITEMS = 1024;

    private final long end;
    private final ByteBuffer window;
    private long next;

    private Ids(long first, long end) {
      this.next = first;
      this.end = end;
      int items = (int) Math.min(WINDOW_ITEMS, end - first);
      window =
          ByteBuffer.allocate(items * Format.ITEM_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    /** Whether there is another chunk. */
    public boolean hasNext() {
      return next < end;
    }

    /** The place in the image of the chunk that {@link #next} will give. */
    public long position() {
      return next;
    }

    /**
     * The id of the next chunk.
     *
     * @throws IndexCorrupt when its item is not sound
     */
    public ChunkId next() throws IOException {
      if (!hasNext()) {
        throw new NoSuchElementException("chunk " + next);
      }
      if (!window.hasRemaining()) {
        window.clear();
        window.limit((int) Math.min(window.capacity(), (end - next) * Format.ITEM_BYTES));
        readFully(place, channel, Format.itemOffset(next), window);
      }
      int at = window.position();
      if (window.getLong(at) != Format.chunkEnd(next, size)) {
        throw new IndexCorrupt(
            place,
            "chunk "
                + next
                + " ends at "
                + Long.toUnsignedString(window.getLong(at))
                + " instead of "
                + Format.chunkEnd(next, size));
      }
      window.position(at + Format.ITEM_BYTES);
      next++;
      return ChunkId.get(window, at + 8);
    }
  }
}
