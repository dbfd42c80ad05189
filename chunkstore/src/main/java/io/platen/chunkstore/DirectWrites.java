package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes parts of a large file to the disk without the kernel's cache: O_DIRECT. Gigabytes that are
 * written once need no copy of theirs in memory, which takes more of a processor than their hash,
 * and longer where a virtual machine has to ask its host for that memory. It makes nothing durable
 * by itself: fsync does, as ever.
 *
 * <p>A file system may not have it, or may turn down a part; what was not written is for the caller
 * to write. Safe for use by several threads at once.
 */
final class DirectWrites implements Closeable {
  /** Where buffers and parts must begin and end: the largest block of the file systems at hand. */
  static final int ALIGNMENT = 4096;

  private final @Nullable FileChannel channel;
  private volatile boolean refused;

  private DirectWrites(@Nullable FileChannel channel) {
    this.channel = channel;
  }

  /** For a file that exists. */
  static DirectWrites of(Path file) {
    OpenOption option = option();
    try {
      return new DirectWrites(
          option != null && isAligned(Files.getFileStore(file).getBlockSize())
              ? FileChannel.open(file, StandardOpenOption.WRITE, option)
              : null);
    } catch (IOException | UnsupportedOperationException e) {
      // The file system does not have it.
      return new DirectWrites(null);
    }
  }

  /** Whether what is aligned here is so for blocks of this size; some file systems tell none. */
  static boolean isAligned(long block) {
    return block > 0 && ALIGNMENT % block == 0;
  }

  /** Of the module jdk.unsupported, of which javac warns: so it is found by its name. */
  private static @Nullable OpenOption option() {
    try {
      for (Object each : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (each instanceof OpenOption option && each.toString().equals("DIRECT")) {
          return option;
        }
      }
    } catch (ClassNotFoundException e) {
      // A JDK without it.
    }
    return null;
  }

  /**
   * Writes what it can of the bytes and moves the buffer's position behind that: nothing, or all up
   * to the last whole block.
   *
   * @param bytes those of an aligned buffer, from an aligned position on
   * @param position in the file; aligned
   */
  void write(ByteBuffer bytes, long position) {
    FileChannel to = channel;
    if (to == null || refused) {
      return;
    }
    int start = bytes.position();
    int end = bytes.limit();
    bytes.limit(end - (end - start) % ALIGNMENT);
    try {
      while (bytes.hasRemaining()) {
        to.write(bytes, position + bytes.position() - start);
      }
    } catch (IOException e) {
      // Who writes the rest meets what is wrong, or finds that only this way was closed.
      refused = true;
    } finally {
      bytes.limit(end);
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
