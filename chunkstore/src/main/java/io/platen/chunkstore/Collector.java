package io.platen.chunkstore;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * Collects a directory store, which is one process's: reads every index that is needed, then
 * removes every chunk that none of them names and no session has claimed. The package comment says
 * why that is safe.
 *
 * <p>Memory is bounded by {@link ChunkIdSet}; ids are gone through in as many passes as it takes.
 * Each lists the indexes anew: what was published since the collection began is claimed until it
 * ends. The first pass reads all indexes to the end, and checks their digests, before anything is
 * removed: at one that can't be read it stops, and has changed nothing.
 */
final class Collector {
  private final FileChunkStore store;
  private final Pace pace;
  private final int maxSlots;

  /**
   * A collector of this store.
   *
   * @param pace how many chunks to remove in a second
   */
  Collector(FileChunkStore store, Pace pace) {
    this(store, pace, ChunkIdSet.MAX_SLOTS);
  }

  /** With tables of at most so many slots, for tests. */
  Collector(FileChunkStore store, Pace pace, int maxSlots) {
    this.store = store;
    this.pace = pace;
    this.maxSlots = maxSlots;
  }

  /** See {@link StoreMaintenance#collect}. */
  Collected collect(
      IndexRoots roots, boolean dryRun, CollectionListener listener, Cancellation cancellation)
      throws IOException {
    // From here on nothing that is claimed is removed. What was claimed before by a session that
    // has ended is named by an index that is there to be listed.
    try (FileChunkStore.Collection collection = store.beginCollection()) {
      return new Run(collection, roots, dryRun, listener, cancellation).run();
    }
  }

  private final class Run {
    private final FileChunkStore.Collection collection;
    private final IndexRoots roots;
    private final RootWalk walk;
    private final boolean dryRun;
    private final CollectionListener listener;
    private final Cancellation cancellation;
    private int read;
    private long kept;
    private long missing;
    private long removed;
    private long removedBytes;
    private long pinned;

    Run(
        FileChunkStore.Collection collection,
        IndexRoots roots,
        boolean dryRun,
        CollectionListener listener,
        Cancellation cancellation) {
      this.collection = collection;
      this.roots = roots;
      this.walk = new RootWalk(roots, cancellation);
      this.dryRun = dryRun;
      this.listener = listener;
      this.cancellation = cancellation;
    }

    Collected run() throws IOException {
      int from = 0;
      while (from < ChunkIdSet.PREFIXES) {
        ChunkIdSet marked = mark(from);
        if (from == 0) {
          listener.marked();
        }
        sweep(marked);
        from = marked.end();
      }
      return new Collected(read, kept, missing, removed, removedBytes, pinned);
    }

    private ChunkIdSet mark(int from) throws IOException {
      boolean first = from == 0;
      ChunkIdSet marked = new ChunkIdSet(from, ChunkIdSet.PREFIXES, maxSlots);
      roots.list(
          index -> {
            listener.marking(index.name());
            if (walk.walk(index, first, (id, length) -> marked.put(id, 1)) && first) {
              read++;
            }
          });
      return marked;
    }

    private void sweep(ChunkIdSet marked) throws IOException {
      long before = kept;
      for (int prefix : collection.prefixes(marked.from(), marked.end())) {
        cancellation.check("collection");
        boolean emptied = false;
        for (ChunkId id : collection.chunks(prefix)) {
          if (marked.get(id) == 0) {
            emptied |= remove(id);
          } else {
            kept++;
          }
        }
        if (emptied) {
          collection.removeIfEmpty(prefix);
        }
      }
      missing += marked.count() - (kept - before);
    }

    private boolean remove(ChunkId id) throws IOException {
      OptionalLong bytes = collection.bytes(id);
      if (bytes.isEmpty()) {
        // Set aside by a repair since the directory was listed.
        return false;
      }
      listener.removing(id);
      if (dryRun ? collection.isPinned(id) : !collection.remove(id)) {
        pinned++;
        return false;
      }
      removed++;
      removedBytes += bytes.getAsLong();
      if (!dryRun) {
        pace.await(1, cancellation);
      }
      return !dryRun;
    }
  }
}
