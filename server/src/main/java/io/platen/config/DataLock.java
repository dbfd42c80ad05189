package io.platen.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The right to run the jobs of a data directory, held by one process at a time. The kernel gives it
 * back when the process ends, however it ends.
 */
public final class DataLock implements AutoCloseable {
  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Empty when another process holds it. */
  public static Optional<DataLock> tryAcquire(DataDirectory data) throws IOException {
    var channel =
        FileChannel.open(data.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        channel.close();
        return Optional.empty();
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
          0);
      return Optional.of(new DataLock(channel));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** As {@link #tryAcquire}, naming the holder where there is one. */
  public static DataLock acquire(DataDirectory data) throws IOException {
    var lock = tryAcquire(data);
    if (lock.isEmpty()) {
      throw new IOException(
          "data directory %s is in use by process %s; stop that process, or name another directory with --data"
              .formatted(data.root(), Files.readString(data.lock()).strip()));
    }
    return lock.get();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
