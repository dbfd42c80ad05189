package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Restores images from a store. One for each store and process; safe for use by several threads at
 * once. Every chunk's hash is checked.
 */
public final class ImageReader {
  private final ChunkSource store;
  private final Workspaces workspaces;
  private final int threads;

  /**
   * @param threads of each restore; the number of cores is best where the store is fast
   */
  public ImageReader(ChunkSource store, Workspaces workspaces, int threads) {
    this.store = store;
    this.workspaces = workspaces;
    this.threads = threads;
  }

  /**
   * Writes the image to a sparse file, which is complete and durable when this returns. When it
   * throws there is no file.
   *
   * @param index stays open and is not closed here
   * @param target the file to make or to replace; its directory must exist
   * @param maxSize the largest image allowed, in bytes
   * @throws ImageTooLarge when it is larger
   * @throws ChunkMissing when the store lacks a chunk of it
   * @throws ChunkCorrupt when one is damaged
   * @throws IndexCorrupt when the index is not sound
   * @throws StoreFull when there is no room for the file
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   */
  public ImageRead read(
      Index index, Path target, long maxSize, ProgressListener progress, Cancellation cancellation)
      throws IOException {
    return read(index, List.of(), target, maxSize, progress, cancellation);
  }

  /**
   * As {@link #read(Index, Path, long, ProgressListener, Cancellation)}, of an image that the store
   * may have only in part.
   *
   * @param others where the chunks are read from that the store has not, or not whole; asked in
   *     this order
   */
  public ImageRead read(
      Index index,
      List<ChunkSource> others,
      Path target,
      long maxSize,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    long size = index.size();
    if (size > maxSize) {
      throw new ImageTooLarge(index.place(), size, maxSize);
    }
    WorkerGroup crew = new WorkerGroup("restore");
    try (AtomicFile file = AtomicFile.create(target);
        EarlyWriteback writeback = EarlyWriteback.of(file.path());
        DirectWrites direct = DirectWrites.of(file.path())) {
      Restore restore =
          new Restore(index, chunks(others), file, writeback, direct, workspaces, crew);
      restore.setSize();
      crew.run(
          threads, restore::work, cancellation, () -> progress.advanced(restore.bytesDone(), size));
      Uninterrupted.call(
          "publish",
          () -> {
            file.commit();
            return file;
          });
      progress.advanced(size, size);
      return restore.result();
    }
  }

  private WholeChunks chunks(List<ChunkSource> others) {
    List<ChunkSource> all = new ArrayList<>();
    all.add(store);
    all.addAll(others);
    return new WholeChunks(all);
  }
}
