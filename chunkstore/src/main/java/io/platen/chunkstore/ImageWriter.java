package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Captures images into a store: what is not known to be zero or the parent's is read, hashed,
 * looked up, and stored where it is new; then the index is published. One for each store and
 * process, whatever the number of captures; safe for use by several threads at once.
 *
 * <p>Each capture has a few threads of its own, so that one that waits for a slow disk does not
 * hold up the others, and all share the {@link Workspaces}, so that memory is bounded.
 */
public final class ImageWriter {
  private final ChunkStore store;
  private final IndexStore indexes;
  private final Workspaces workspaces;
  private final int threads;
  private final Keeper keeper;

  /**
   * Takes over the session of an image whose index is published, to close it when everybody knows
   * of the image.
   */
  @FunctionalInterface
  public interface Keeper {
    /**
     * Takes it over.
     *
     * @param name of the image's index
     */
    void keep(String name, StoreSession session) throws IOException;
  }

  /**
   * @param threads of each capture; the number of cores is best where the source is fast
   */
  public ImageWriter(ChunkStore store, IndexStore indexes, Workspaces workspaces, int threads) {
    this(store, indexes, workspaces, threads, (name, session) -> session.close());
  }

  /**
   * As above, for one who ends sessions.
   *
   * @param keeper given the sessions of images that were captured; those of others are closed here
   */
  public ImageWriter(
      ChunkStore store, IndexStore indexes, Workspaces workspaces, int threads, Keeper keeper) {
    this.keeper = keeper;
    this.store = store;
    this.indexes = indexes;
    this.workspaces = workspaces;
    this.threads = threads;
  }

  /**
   * Captures an image. When this returns, its index and every chunk that it names are durable; when
   * it throws, there is no index, and what was stored is found by the next attempt. Only where the
   * publishing itself fails may there be one; it is complete then.
   *
   * @param parent the index of the image that extents of kind PARENT refer to; where it is null
   *     they are read. It stays open and is not closed here
   * @param name of the index to make or to replace
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   * @throws StoreFull when there is no room for chunks or index
   * @throws SourceInvalid when the source contradicts itself
   * @throws IndexCorrupt when the parent's index is not sound
   */
  public ImageWritten write(
      ImageSource source,
      @Nullable Index parent,
      String name,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    long size = source.size();
    if (size < 0) {
      throw new SourceInvalid("its size is " + size);
    }
    WorkerGroup crew = new WorkerGroup("capture");
    StoreSession session = store.openSession(name);
    try (SessionEnd end = new SessionEnd(session);
        IndexWriter index = new IndexWriter(indexes.begin(name, session), size)) {
      WorkPlan plan =
          new WorkPlan(
              () -> crew.closeOnStop(source.openExtents()),
              size,
              parent == null ? 0 : parent.size());
      CaptureRun capture = new CaptureRun(source, parent, plan, session, index, workspaces, crew);
      crew.run(
          threads, capture::work, cancellation, () -> progress.advanced(capture.bytesDone(), size));
      source.checkUnchanged();
      session.sync();
      cancellation.check("capture");
      String digest = Uninterrupted.call("publish", index::commit);
      end.isKept = true;
      keeper.keep(name, session);
      progress.advanced(size, size);
      return capture.result(digest, size);
    }
  }

  /** Closes a session that nobody takes over. */
  private static final class SessionEnd implements Closeable {
    private final StoreSession session;
    private boolean isKept;

    SessionEnd(StoreSession session) {
      this.session = session;
    }

    @Override
    public void close() throws IOException {
      if (!isKept) {
        session.close();
      }
    }
  }
}
