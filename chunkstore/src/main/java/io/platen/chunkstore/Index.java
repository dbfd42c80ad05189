package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
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
  private final Path file;
  private final FileChannel channel;
  private final long chunkCount;
  private final long size;

  private Index(Path file, FileChannel channel, long chunkCount, long size) {
    this.file = file;
    this.channel = channel;
    this.chunkCount = chunkCount;
    this.size = size;
  }

  /**
   * Opens an index and checks its header, its tail, and both against the length of the file.
   *
   * @throws IndexCorrupt when it is not a sound index of fixed 1 MiB chunks with SHA-256 ids
   */
  public static Index open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return open(file, channel);
    } catch (IOException | RuntimeException e) {
      try {
        channel.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** The SHA-256 of an index's file, in hexadecimal: equal ones mean equal images. */
  public static String digest(Path file) throws IOException {
    var sha = Sha256.create();
    try (var in = new DigestInputStream(Files.newInputStream(file), sha)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private static Index open(Path file, FileChannel channel) throws IOException {
    long length = channel.size();
    if (length < Format.EMPTY_INDEX_BYTES
        || (length - Format.EMPTY_INDEX_BYTES) % Format.ITEM_BYTES != 0) {
      throw new IndexCorrupt(file, "no index has a length of " + length + " bytes");
    }
    long count = (length - Format.EMPTY_INDEX_BYTES) / Format.ITEM_BYTES;
    checkHeader(file, read(file, channel, 0, Format.ITEMS_OFFSET));
    ByteBuffer tail = read(file, channel, length - Format.TAIL_BYTES, Format.TAIL_BYTES);
    checkTail(file, tail, length);
    long size =
        count == 0
            ? 0
            : read(file, channel, Format.itemOffset(count - 1), Format.ITEM_BYTES).getLong(0);
    if (size < 0 || Format.chunkCount(size) != count) {
      throw new IndexCorrupt(
          file, count + " chunks can't make an image of " + Long.toUnsignedString(size) + " bytes");
    }
    return new Index(file, channel, count, size);
  }

  private static void checkHeader(Path file, ByteBuffer header) throws IndexCorrupt {
    check(file, "header size", header.getLong(0), Format.HEADER_BYTES);
    check(file, "type", header.getLong(8), Format.INDEX_TYPE);
    if ((header.getLong(16) & Format.FLAG_SHA512_256) != 0) {
      throw new IndexCorrupt(file, "its ids are SHA-512/256, only SHA-256 is supported");
    }
    check(file, "minimal chunk size", header.getLong(24), Format.CHUNK_BYTES);
    check(file, "average chunk size", header.getLong(32), Format.CHUNK_BYTES);
    check(file, "maximal chunk size", header.getLong(40), Format.CHUNK_BYTES);
    check(file, "table size", header.getLong(48), -1);
    check(file, "table type", header.getLong(56), Format.TABLE_TYPE);
  }

  private static void checkTail(Path file, ByteBuffer tail, long length) throws IndexCorrupt {
    check(file, "tail", tail.getLong(0) | tail.getLong(8), 0);
    check(file, "index offset in the tail", tail.getLong(16), Format.HEADER_BYTES);
    check(file, "table size in the tail", tail.getLong(24), length - Format.HEADER_BYTES);
    check(file, "tail marker", tail.getLong(32), Format.TAIL_MARKER);
  }

  private static void check(Path file, String field, long found, long wanted) throws IndexCorrupt {
    if (found != wanted) {
      throw new IndexCorrupt(
          file, String.format("its %s is 0x%x where 0x%x is needed", field, found, wanted));
    }
  }

  private static ByteBuffer read(Path file, FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, channel, position, buffer);
    return buffer;
  }

  private static void readFully(Path file, FileChannel channel, long position, ByteBuffer buffer)
      throws IOException {
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, position + buffer.position()) < 0) {
          throw new IndexCorrupt(file, "it was truncated while open");
        }
      }
    } catch (IndexCorrupt e) {
      throw e;
    } catch (IOException e) {
      throw IoFailure.at(file, e);
    }
    buffer.flip();
  }

  /** The file this reads. */
  public Path file() {
    return file;
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
        readFully(file, channel, Format.itemOffset(next), window);
      }
      int at = window.position();
      if (window.getLong(at) != Format.chunkEnd(next, size)) {
        throw new IndexCorrupt(
            file,
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
