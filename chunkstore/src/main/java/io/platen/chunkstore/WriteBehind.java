package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes chunks to temporary files at once, and makes them durable a batch at a time on a thread of
 * its own, so that who captures goes on while the disk works.
 *
 * <p>The order that the store's promises rest on: bytes of the temporary files durable, then moved
 * to their final names, then the names durable, and only then do the sessions hear that the batch
 * is settled. Names become durable with the files of the next batch where one sync covers both.
 */
final class WriteBehind implements Closeable {
  /** Where a batch ends. Longer ones measured no faster; these bound what is written again. */
  private static final long BATCH_BYTES = 32L << 20;

  private static final int BATCH_CHUNKS = 256;

  /** How many batches may wait for the disk: with those at work, about 128 MB of dirty pages. */
  private static final int MAX_SEALED = 2;

  private final ChunkDirectory chunks;
  private final Path temps;
  private final Durability durability;
  private final Pins pins;
  private final Reserve reserve;
  private final Thread flusher;

  /** Held while a directory of the store is made or removed, and while a file moves into one. */
  private final Object directories = new Object();

  private final Object lock = new Object();

  /** Chunks that have a name or will, but not durably so: the batch that will make it so. */
  private final Map<ChunkId, Batch> unsettled = new HashMap<>();

  private final Deque<Batch> sealed = new ArrayDeque<>();
  private Batch open = new Batch();
  private long tempFiles;
  private boolean closing;

  WriteBehind(ChunkDirectory chunks, Path temps, Durability durability, Pins pins) {
    this.chunks = chunks;
    this.temps = temps;
    this.durability = durability;
    this.pins = pins;
    this.reserve = new Reserve(temps);
    this.flusher =
        Thread.ofPlatform().daemon().name("chunkstore-flush").unstarted(this::flushUntilClosed);
  }

  void start() {
    flusher.start();
  }

  boolean isWriting() {
    return flusher.isAlive();
  }

  /** See {@link StoreSession#claim}. Adds to {@code needed} the batch that the chunk waits for. */
  boolean claim(ChunkId id, Set<Batch> needed) throws IOException {
    synchronized (lock) {
      if (joinUnsettled(id, needed)) {
        return true;
      }
    }
    if (!chunks.has(id)) {
      return false;
    }
    synchronized (lock) {
      // It may have got its name after the first look: then that is perhaps not durable yet.
      joinUnsettled(id, needed);
    }
    return true;
  }

  private boolean joinUnsettled(ChunkId id, Set<Batch> needed) {
    Batch batch = unsettled.get(id);
    if (batch == null) {
      return false;
    }
    if (batch.failure != null) {
      // The chunk has its name, but making that durable failed: once more, with the next batch.
      batch = open;
      batch.entries.add(new Batch.Entry(id, null, chunks.file(id)));
      batch.directories.add(chunks.directory(id));
      unsettled.put(id, batch);
    }
    need(batch, needed);
    return true;
  }

  private static void need(Batch batch, Set<Batch> needed) {
    if (needed.add(batch)) {
      needed.removeIf(old -> old.settled && old.failure == null);
    }
  }

  /** See {@link StoreSession#put}. */
  boolean put(ChunkId id, ByteBuffer frame, Set<Batch> needed) throws IOException {
    Batch batch;
    Path temp;
    synchronized (lock) {
      awaitRoom();
      if (joinUnsettled(id, needed)) {
        return false;
      }
      batch = open;
      unsettled.put(id, batch);
      batch.writing++;
      need(batch, needed);
      temp = temps.resolve(Long.toString(tempFiles++));
    }
    boolean written = false;
    IOException failure = null;
    try {
      // Nobody else writes this chunk now; but someone may have since the caller looked.
      if (!chunks.has(id)) {
        try (var _ = reserve.take(temp, frame.remaining())) {
          write(temp, frame);
        }
        written = true;
      }
    } catch (IOException e) {
      failure = e;
      throw e;
    } finally {
      synchronized (lock) {
        batch.writing--;
        if (written) {
          batch.entries.add(new Batch.Entry(id, temp, chunks.file(id)));
          batch.directories.add(chunks.directory(id));
          batch.bytes += frame.limit();
        } else {
          unsettled.remove(id);
          batch.spoiled = batch.spoiled == null ? failure : batch.spoiled;
        }
        if (batch == open && (batch.bytes >= BATCH_BYTES || batch.entries.size() >= BATCH_CHUNKS)) {
          seal();
        }
        lock.notifyAll();
      }
    }
    return written;
  }

  private void awaitRoom() throws IOException {
    while (sealed.size() >= MAX_SEALED && !closing) {
      await();
    }
    if (closing) {
      throw new IOException("store " + chunks.root() + " is closed");
    }
  }

  /** Waits for any change; the callers look again, in a loop. */
  @SuppressWarnings("WaitNotInLoop")
  private void await() throws IOException {
    try {
      lock.wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled("interrupted while writing to the store " + chunks.root());
    }
  }

  private static void write(Path temp, ByteBuffer frame) throws IOException {
    ByteBuffer bytes = frame.duplicate();
    try (FileChannel channel =
        FileChannel.open(
            temp,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            OwnerOnly.FILE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      try {
        Files.deleteIfExists(temp);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw IoFailure.at(temp, e);
    }
  }

  /** Hands the open batch to the flusher. */
  private void seal() {
    sealed.add(open);
    open = new Batch();
    lock.notifyAll();
  }

  /** Returns when all these batches are settled; throws the failure of the first that is not. */
  void settle(Set<Batch> needed) throws IOException {
    synchronized (lock) {
      if (needed.contains(open)) {
        seal();
      }
      for (Batch batch : needed) {
        while (!batch.isOver()) {
          await();
        }
      }
      for (Batch batch : needed) {
        if (batch.failure != null) {
          throw batch.failure;
        }
      }
      needed.clear();
    }
  }

  /** Lets what a session put be made durable without waiting for more to come. */
  void release(Set<Batch> needed) {
    synchronized (lock) {
      if (needed.contains(open)) {
        seal();
      }
      needed.clear();
    }
  }

  private void flushUntilClosed() {
    Batch moved = null;
    while (true) {
      Batch next;
      synchronized (lock) {
        while (!isReady() && moved == null && !(closing && sealed.isEmpty())) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            throw new IllegalStateException("this thread is never interrupted", e);
          }
        }
        next = isReady() ? sealed.poll() : null;
        lock.notifyAll();
      }
      if (next == null && moved == null) {
        return;
      }
      moved = flush(next, moved);
    }
  }

  private boolean isReady() {
    Batch first = sealed.peek();
    return first != null && first.writing == 0;
  }

  /**
   * Makes the files of {@code next} durable and moves them, and makes the names of {@code moved}
   * durable.
   *
   * @return the batch whose names are to be made durable next
   */
  private @Nullable Batch flush(@Nullable Batch next, @Nullable Batch moved) {
    try {
      if (next != null) {
        durability.syncFiles(temps(next.entries));
      }
      if (moved != null && (next == null || !durability.syncsEverything())) {
        durability.syncDirectories(moved.directories);
      }
    } catch (IOException | RuntimeException | Error e) {
      fail(moved, e);
      fail(next, e);
      return null;
    }
    settle(moved);
    return next != null && move(next) ? next : null;
  }

  private static List<Path> temps(List<Batch.Entry> entries) {
    List<Path> temps = new ArrayList<>();
    for (Batch.Entry entry : entries) {
      if (entry.temp() != null) {
        temps.add(entry.temp());
      }
    }
    return temps;
  }

  private boolean move(Batch batch) {
    try {
      for (Batch.Entry entry : batch.entries) {
        if (entry.temp() != null) {
          move(entry.temp(), chunks.directory(entry.id()), entry.file());
        }
        batch.named++;
      }
      return true;
    } catch (IOException | RuntimeException | Error e) {
      fail(batch, e);
      return false;
    }
  }

  private void move(Path temp, Path directory, Path file) throws IOException {
    synchronized (directories) {
      try {
        Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (NoSuchFileException e) {
        // The first chunk of its directory. This thread alone makes directories.
        try {
          Files.createDirectory(directory, OwnerOnly.DIRECTORY);
          Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException again) {
          again.addSuppressed(e);
          throw IoFailure.at(file, again);
        }
      } catch (IOException e) {
        throw IoFailure.at(file, e);
      }
    }
  }

  /** How a chunk leaves the store: its file is removed, or moved elsewhere. */
  interface Leaving {
    void leave(Path file) throws IOException;
  }

  /**
   * Takes a chunk out of the store, unless it is claimed.
   *
   * <p>A claim pins first and enters the lock after that. If it enters the lock before this does,
   * its pin is seen here; if after, it looks for the file when that is gone, and stores it again.
   * What is not settled is claimed without a look at the file, so it stays.
   *
   * @return false when the chunk stays because it is claimed, or on its way into the store
   */
  boolean takeOut(ChunkId id, Leaving leaving) throws IOException {
    synchronized (lock) {
      if (unsettled.containsKey(id) || pins.mayHold(id)) {
        return false;
      }
      leaving.leave(chunks.file(id));
      return true;
    }
  }

  /** Whether {@link #takeOut} would leave a chunk where it is. */
  boolean isPinned(ChunkId id) {
    synchronized (lock) {
      return unsettled.containsKey(id) || pins.mayHold(id);
    }
  }

  /** Removes a directory of the store if it is empty. */
  void removeIfEmpty(Path directory) throws IOException {
    synchronized (directories) {
      try {
        Files.deleteIfExists(directory);
      } catch (DirectoryNotEmptyException e) {
        // Something came in since: it is needed.
        return;
      }
    }
  }

  private void settle(@Nullable Batch batch) {
    if (batch == null) {
      return;
    }
    synchronized (lock) {
      batch.entries.forEach(entry -> unsettled.remove(entry.id(), batch));
      batch.settled = true;
      batch.failure = batch.spoiled;
      lock.notifyAll();
    }
  }

  /** Chunks that have their final name stay unsettled: the next who needs one tries again. */
  private void fail(@Nullable Batch batch, Throwable cause) {
    if (batch == null) {
      return;
    }
    IOException failure =
        cause instanceof IOException io
            ? io
            : new IOException("store " + chunks.root() + ": writing failed", cause);
    List<Batch.Entry> unnamed = batch.entries.subList(batch.named, batch.entries.size());
    for (Path temp : temps(unnamed)) {
      try {
        Files.deleteIfExists(temp);
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    synchronized (lock) {
      for (Batch.Entry entry : unnamed) {
        if (entry.temp() != null) {
          unsettled.remove(entry.id(), batch);
        }
      }
      batch.failure = failure;
      lock.notifyAll();
    }
  }

  /** Makes durable what is still on its way, and ends. */
  @Override
  public void close() {
    synchronized (lock) {
      if (!closing) {
        seal();
        closing = true;
        lock.notifyAll();
      }
    }
    Uninterrupted.join(flusher);
  }
}
