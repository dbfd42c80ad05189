package io.platen.chunkstore;

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

  /**
   * @param threads of each capture; the number of cores is best where the source is fast
   */
  public ImageWriter(ChunkStore store, IndexStore indexes, Workspaces workspaces, int threads) {
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
    try (StoreSession session = store.openSession(name);
        IndexWriter index = new IndexWriter(indexes.begin(name), size)) {
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
      progress.advanced(size, size);
      return capture.result(digest, size);
    }
  }
}
