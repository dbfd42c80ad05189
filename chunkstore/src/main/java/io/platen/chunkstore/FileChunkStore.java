package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A casync store in a directory ({@code X.castr}), open for reading and adding by this process
 * alone: a lock on {@code .tmp/lock} sees to that. No chunk is visible before its bytes are
 * durable, and none that is there is ever written again.
 */
public final class FileChunkStore implements ChunkStore {
  private static final String TEMPS = ".tmp";
  private static final String LOCK = "lock";
  private static final String ASIDE = ".bad";

  private final ChunkDirectory chunks;
  private final Durability durability;
  private final FileChannel lockFile;
  private final Pins pins = new Pins();
  private final WriteBehind writeBehind;

  private FileChunkStore(
      ChunkDirectory chunks, Path temps, Durability durability, FileChannel lockFile) {
    this.chunks = chunks;
    this.durability = durability;
    this.lockFile = lockFile;
    this.writeBehind = new WriteBehind(chunks, temps, durability, pins);
  }

  /**
   * Opens the store in {@code root}, making it where there is none, and removes what a killed
   * process left half done.
   *
   * @throws StoreInUse when it is open for writing already
   */
  public static FileChunkStore open(Path root) throws IOException {
    return open(root, Durability::best);
  }

  /** Opens with a given way to sync, for tests of both. */
  static FileChunkStore open(Path root, Syncing syncing) throws IOException {
    Path absolute = root.toAbsolutePath().normalize();
    Path temps = absolute.resolve(TEMPS);
    createDurably(temps);
    FileChannel lockFile =
        FileChannel.open(
            temps.resolve(LOCK),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            OwnerOnly.FILE);
    Durability durability = null;
    try {
      lock(absolute, lockFile);
      removeLeftovers(temps);
      durability = syncing.of(absolute);
      // A process killed after it had moved chunks, but before it made that durable, left names
      // that a crash of the machine could still take back.
      durability.syncDirectories(durability.syncsEverything() ? List.of() : prefixes(absolute));
      FileChunkStore store =
          new FileChunkStore(new ChunkDirectory(absolute), temps, durability, lockFile);
      store.writeBehind.start();
      return store;
    } catch (IOException | RuntimeException e) {
      closeAfter(e, durability);
      closeAfter(e, lockFile);
      throw e;
    }
  }

  /** A choice of {@link Durability}. */
  interface Syncing {
    Durability of(Path root) throws IOException;
  }

  private static void createDurably(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent == null) {
      throw new IOException(directory + " is not a directory");
    }
    createDurably(parent);
    Files.createDirectories(directory, OwnerOnly.DIRECTORY);
    AtomicFile.syncDirectory(parent);
  }

  private static void lock(Path root, FileChannel lockFile) throws IOException {
    try {
      // Held until the channel is closed.
      FileLock lock = lockFile.tryLock();
      if (lock == null) {
        throw new StoreInUse(root);
      }
    } catch (OverlappingFileLockException e) {
      StoreInUse inUse = new StoreInUse(root);
      inUse.initCause(e);
      throw inUse;
    }
  }

  private static void removeLeftovers(Path temps) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(temps)) {
      for (Path file : files) {
        if (!file.endsWith(LOCK)) {
          Files.delete(file);
        }
      }
    }
  }

  private static List<Path> prefixes(Path root) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(root, "????")) {
      directories.forEach(found::add);
    }
    return found;
  }

  private static void closeAfter(Exception cause, @Nullable Closeable resource) {
    if (resource != null) {
      try {
        resource.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  @Override
  public void read(ChunkId id, ByteBuffer target) throws IOException {
    chunks.read(id, target);
  }

  @Override
  public StoreSession openSession() {
    return new Session();
  }

  /**
   * Begins a collection: what is claimed from now on, and what open sessions have claimed, stays
   * until the collection is closed.
   *
   * @throws IllegalStateException when another one is under way
   */
  Collection beginCollection() {
    pins.beginCollection();
    return new Collection();
  }

  /**
   * Sets a bad chunk aside: moves its file to {@code .bad/} in the store, where it is kept. The
   * next capture that holds the same data stores it again.
   *
   * @return false when a session under way has claimed it, and it stays: try again after its end
   */
  public boolean setAside(ChunkId id) throws IOException {
    Path aside = chunks.root().resolve(ASIDE);
    createDurably(aside);
    boolean done =
        writeBehind.takeOut(
            id,
            file -> {
              try {
                Files.move(file, aside.resolve(id + "." + System.currentTimeMillis() + ".cacnk"));
              } catch (IOException e) {
                throw IoFailure.at(file, e);
              }
            });
    if (done) {
      durability.syncDirectories(List.of(aside, chunks.directory(id)));
    }
    return done;
  }

  /** Whether a chunk's file is there, good or bad. */
  public boolean has(ChunkId id) throws IOException {
    return chunks.has(id);
  }

  /**
   * Whether the thread runs that makes chunks durable. Without it, captures wait for ever: the
   * store must be opened anew.
   */
  public boolean isWriting() {
    return writeBehind.isWriting();
  }

  /** Makes durable what is still on its way and gives up the store. */
  @Override
  public void close() throws IOException {
    writeBehind.close();
    try {
      durability.close();
    } finally {
      lockFile.close();
    }
  }

  /** A collection under way. */
  final class Collection implements Closeable {
    /**
     * The directories that there are, of those from {@code from} to before {@code end}, in order.
     */
    List<Integer> prefixes(int from, int end) throws IOException {
      return chunks.prefixes(from, end);
    }

    /** The chunks in one directory. */
    List<ChunkId> chunks(int prefix) throws IOException {
      return chunks.list(prefix);
    }

    /** The file of a chunk. */
    Path file(ChunkId id) {
      return chunks.file(id);
    }

    /** Whether a session needs a chunk, as far as is known. */
    boolean isPinned(ChunkId id) {
      return writeBehind.isPinned(id);
    }

    /** Removes a chunk; false when a session needs it. */
    boolean remove(ChunkId id) throws IOException {
      return writeBehind.takeOut(id, Files::deleteIfExists);
    }

    /** Removes a directory if it has become empty. */
    void removeIfEmpty(int prefix) throws IOException {
      writeBehind.removeIfEmpty(chunks.directory(prefix));
    }

    @Override
    public void close() {
      pins.endCollection();
    }
  }

  private final class Session implements StoreSession {
    private final PinFilter pinned = pins.open();

    /** Batches to wait for; guarded by the lock of the write-behind. */
    private final Set<Batch> needed = new HashSet<>();

    @Override
    public boolean claim(ChunkId id) throws IOException {
      // Before the look into the store: see WriteBehind.takeOut.
      pinned.add(id);
      return writeBehind.claim(id, needed);
    }

    @Override
    public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
      pinned.add(id);
      return writeBehind.put(id, frame, needed);
    }

    @Override
    public void sync() throws IOException {
      writeBehind.settle(needed);
    }

    @Override
    public void close() {
      writeBehind.release(needed);
      pins.close(pinned);
    }
  }
}
