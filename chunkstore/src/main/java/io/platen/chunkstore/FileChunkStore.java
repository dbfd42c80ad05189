package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A casync store in a directory ({@code X.castr}), open for reading and adding by this process
 * alone: a lock on {@code .tmp/lock} sees to that. No chunk is visible before its bytes are
 * durable, and none that is there is ever written again.
 */
public final class FileChunkStore implements ChunkStore, StoreMaintenance {
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
  public boolean has(ChunkId id) throws IOException {
    return chunks.has(id);
  }

  @Override
  public boolean isEmpty() throws IOException {
    return chunks.isEmpty();
  }

  @Override
  public void sizes(ChunkIdSet ids, SizeVisitor visitor) throws IOException {
    chunks.sizes(ids, visitor);
  }

  @Override
  public Total count() throws IOException {
    return chunks.count();
  }

  @Override
  public OptionalLong freeBytes() throws IOException {
    return chunks.freeBytes();
  }

  @Override
  public boolean isUsable() {
    return chunks.isUsable();
  }

  @Override
  public String place() {
    return chunks.place();
  }

  @Override
  public StoreMaintenance maintenance() {
    return this;
  }

  @Override
  public Collected collect(
      IndexRoots roots,
      boolean dryRun,
      Pace pace,
      CollectionListener listener,
      Cancellation cancellation)
      throws IOException {
    return new Collector(this, pace).collect(roots, dryRun, listener, cancellation);
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

  /** Moves the file of a bad chunk to {@code .bad/} in the store. */
  @Override
  public boolean setAside(ChunkId id) throws IOException {
    Path aside = chunks.root().resolve(ASIDE);
    try {
      createDurably(aside);
      boolean done = writeBehind.takeOut(id, file -> setAside(id, file, aside));
      if (done) {
        Path directory = chunks.directory(id);
        durability.syncDirectories(
            Files.isDirectory(directory) ? List.of(aside, directory) : List.of(aside));
      }
      return done;
    } catch (IOException e) {
      throw IoFailure.ofStore(chunks.file(id), e);
    }
  }

  private static void setAside(ChunkId id, Path file, Path aside) throws IOException {
    try {
      Files.move(file, aside.resolve(id + "." + System.currentTimeMillis() + ".cacnk"));
    } catch (NoSuchFileException e) {
      // Set aside by another repair.
      return;
    } catch (IOException e) {
      throw IoFailure.at(file, e);
    }
  }

  @Override
  public boolean isWriting() {
    return writeBehind.isWriting();
  }

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

    /** Bytes of a chunk's file; empty where there is none. */
    OptionalLong bytes(ChunkId id) throws IOException {
      return chunks.bytes(id);
    }

    /** Whether a session needs a chunk, as far as is known. */
    boolean isPinned(ChunkId id) {
      return writeBehind.isPinned(id);
    }

    /** Removes a chunk; false when a session needs it. */
    boolean remove(ChunkId id) throws IOException {
      try {
        return writeBehind.takeOut(id, Files::deleteIfExists);
      } catch (IOException e) {
        throw IoFailure.ofStore(chunks.file(id), e);
      }
    }

    /** Removes a directory if it has become empty. */
    void removeIfEmpty(int prefix) throws IOException {
      Path directory = chunks.directory(prefix);
      try {
        writeBehind.removeIfEmpty(directory);
      } catch (IOException e) {
        throw IoFailure.ofStore(directory, e);
      }
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
      try {
        return writeBehind.claim(id, needed);
      } catch (IOException e) {
        throw failed(e);
      }
    }

    @Override
    public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
      pinned.add(id);
      try {
        return writeBehind.put(id, frame, needed);
      } catch (IOException e) {
        throw failed(e);
      }
    }

    @Override
    public void sync() throws IOException {
      try {
        writeBehind.settle(needed);
      } catch (IOException e) {
        throw failed(e);
      }
    }

    private IOException failed(IOException e) {
      return IoFailure.ofStore(chunks.root(), e);
    }

    @Override
    public void close() {
      writeBehind.release(needed);
      pins.close(pinned);
    }
  }
}
