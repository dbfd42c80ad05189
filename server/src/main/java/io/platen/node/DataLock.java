package io.platen.node;

import io.platen.config.DataDirectory;
import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The right to run the jobs of a data directory, held by one process at a time. The kernel gives it
 * back when the process ends, however it ends.
 *
 * <p>A server comes before commands that do their work themselves: it waits for theirs to end, and
 * they see it wait, by a lock on a second file, and hand over.
 */
public final class DataLock implements AutoCloseable {
  private static final String SERVER = "serve";
  private static final String COMMAND = "command";

  /** A command hands over within 5 s; one that does not is stuck. */
  private static final Duration WAIT = Duration.ofSeconds(10);

  private static final Duration LOOK = Duration.ofMillis(50);

  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * For a command that does work itself. Empty when another process holds the lock, or a server
   * waits for it.
   */
  public static Optional<DataLock> tryAcquire(DataDirectory data) throws IOException {
    return isAwaited(data) ? Optional.empty() : take(data, COMMAND);
  }

  /** Whether a server waits: the process that holds the lock hands over. */
  public static boolean isAwaited(DataDirectory data) throws IOException {
    try (var channel = openWaiting(data);
        // Shared, so that several commands may look at the same time.
        var lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    }
  }

  private static FileChannel openWaiting(DataDirectory data) throws IOException {
    return open(data.waiting());
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        OwnerOnly.FILE);
  }

  private static Optional<DataLock> take(DataDirectory data, String what) throws IOException {
    var channel = open(data.lock());
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        channel.close();
        return Optional.empty();
      }
      channel.truncate(0);
      String holder = ProcessHandle.current().pid() + " " + what;
      channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.US_ASCII)), 0);
      return Optional.of(new DataLock(channel));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * For a server: waits, for a bounded time, until a command that works has handed over.
   *
   * @throws IOException where a server holds the lock, or a command does not hand over; the message
   *     names the process
   */
  public static DataLock acquire(DataDirectory data) throws IOException, InterruptedException {
    long limit = System.nanoTime() + WAIT.toNanos();
    try (var waiting = openWaiting(data)) {
      boolean shown = false;
      while (true) {
        // A command that looks at it right now keeps it for a moment.
        shown = shown || waiting.tryLock() != null;
        var lock = take(data, SERVER);
        if (lock.isPresent()) {
          return lock.get();
        }
        var holder = Holder.of(data);
        if (holder.isServer()) {
          throw new IOException(
              "data directory %s is in use by process %s, a server; stop that process, or name another directory with --data"
                  .formatted(data.root(), holder.process()));
        }
        if (System.nanoTime() > limit) {
          throw new IOException(
              "data directory %s is in use by process %s, which does not hand over within %d s; end that process, then start again"
                  .formatted(data.root(), holder.process(), WAIT.toSeconds()));
        }
        Thread.sleep(LOOK);
      }
    }
  }

  /** Who wrote itself into the lock's file last. */
  private record Holder(String process, String what) {
    static Holder of(DataDirectory data) throws IOException {
      String[] words = Files.readString(data.lock()).strip().split(" ", 2);
      return new Holder(words[0], words.length == 2 ? words[1] : "");
    }

    /** One that died is in the file until the next holder has written its own name. */
    boolean isServer() {
      return what.equals(SERVER)
          && !process.equals(Long.toString(ProcessHandle.current().pid()))
          && ProcessHandle.of(Long.parseLong(process)).isPresent();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
