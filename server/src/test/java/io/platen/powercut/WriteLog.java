package io.platen.powercut;

import io.platen.support.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The log of a {@link LoggedDisk}, in the format of dm-log-writes: a sector of its own, then for
 * each request a sector that says what it is, and the bytes of a write behind it. Makes of it what
 * a disk holds whose power is cut at some point: all that was written before the last flush, and of
 * what was written since whatever the cache had let go, in any order, cut off anywhere.
 */
final class WriteLog implements AutoCloseable {
  private static final int SECTOR = 512;

  /** What disks write whole or not at all. */
  private static final int BLOCK = 4096;

  private static final long MAGIC = 0x6a736677736872L;
  private static final long FLUSH = 1;
  private static final long DISCARD = 4;

  /**
   * A request.
   *
   * @param end where the log goes on behind it
   * @param data where its bytes are in the log; 0 where it is a discard, by which the loop device
   *     has zeros written
   * @param at where they belong on the disk
   * @param length 0 for a flush
   */
  record Entry(long end, long data, long at, long length, boolean isFlush) {}

  private final FileChannel log;
  private final FileChannel durable;
  private final Path durableFile;
  private final List<Entry> entries = new ArrayList<>();

  /** Everything before this entry is in the durable image. */
  private int applied;

  /**
   * Opens a log that nobody writes to any more.
   *
   * @param image what the disk held before, which this changes
   */
  WriteLog(Path file, Path image) throws IOException {
    log = FileChannel.open(file, StandardOpenOption.READ);
    durableFile = image;
    durable = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
    var head = read(0, SECTOR);
    if (head.getLong(0) != MAGIC || head.getInt(24) != SECTOR) {
      throw new IOException(file + " is no log of writes");
    }
    for (long at = SECTOR; at + SECTOR <= log.size(); ) {
      var entry = read(at, SECTOR);
      long flags = entry.getLong(16);
      boolean isDiscard = (flags & DISCARD) != 0;
      long length = entry.getLong(8) * SECTOR;
      if (length == 0 && flags == 0) {
        // Never written: the end.
        break;
      }
      long data = isDiscard ? 0 : at + SECTOR;
      at += SECTOR + (isDiscard ? 0 : length);
      if (length > 0 || (flags & FLUSH) != 0) {
        entries.add(new Entry(at, data, entry.getLong(0) * SECTOR, length, (flags & FLUSH) != 0));
      }
    }
  }

  private ByteBuffer read(long at, int length) throws IOException {
    var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (log.read(buffer, at + buffer.position()) < 0) {
        throw new IOException("the log ends within a request");
      }
    }
    return buffer.flip();
  }

  List<Entry> entries() {
    return entries;
  }

  /** How the cache had let go of what it held. */
  enum Cache {
    /** Nothing was written: all since the last flush is lost. */
    LOST,
    /** Everything was written, as where a virtual machine is killed and its host lives. */
    KEPT,
    /** Some was, in any order; the last of it in part. */
    TORN
  }

  /**
   * Makes what the disk holds when the power goes after a request.
   *
   * @param cut the number of that request; never less than at the call before
   */
  void cut(int cut, Cache cache, Random random, Path target) throws Exception {
    int flush = cut;
    while (flush > applied && !entries.get(flush).isFlush()) {
      flush--;
    }
    for (; applied < flush; applied++) {
      apply(entries.get(applied), durable, Long.MAX_VALUE);
    }
    durable.force(false);
    Program.succeed(
        "cp", "--sparse=always", "--reflink=auto", durableFile.toString(), target.toString());
    if (cache == Cache.LOST) {
      return;
    }
    try (var image = FileChannel.open(target, StandardOpenOption.WRITE)) {
      for (var entry : entries.subList(applied, cut + 1)) {
        if (cache == Cache.KEPT) {
          apply(entry, image, Long.MAX_VALUE);
        } else if (random.nextBoolean()) {
          // One in four of these is cut off.
          long blocks = entry.length() / BLOCK;
          boolean whole = blocks < 2 || random.nextInt(4) > 0;
          apply(entry, image, whole ? Long.MAX_VALUE : random.nextLong(blocks) * BLOCK);
        }
      }
    }
  }

  private void apply(Entry entry, FileChannel image, long limit) throws IOException {
    long length = Math.min(entry.length(), limit);
    for (long done = 0; done < length; ) {
      int piece = (int) Math.min(1 << 20, length - done);
      var bytes = entry.data() == 0 ? ByteBuffer.allocate(piece) : read(entry.data() + done, piece);
      long at = entry.at() + done;
      done += bytes.remaining();
      while (bytes.hasRemaining()) {
        at += image.write(bytes, at);
      }
    }
  }

  @Override
  public void close() throws IOException {
    log.close();
    durable.close();
  }
}
