package io.platen.chunkstore;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Copies images from one store into another: the chunks that the other lacks, each checked on its
 * way, then the index. Chunks stay compressed as they are.
 */
public final class ImageCopy {
  /** Chunks a thread takes at a time. */
  private static final int STRETCH = 16;

  private static final String OPERATION = "copy";

  private final WholeChunks source;
  private final Workspaces workspaces;
  private final int threads;

  /**
   * Copies from this store.
   *
   * @param threads how many chunks to read at a time
   */
  public ImageCopy(ChunkSource source, Workspaces workspaces, int threads) {
    this(List.of(source), workspaces, threads);
  }

  /**
   * Copies from several stores.
   *
   * @param sources each chunk is read from the first of them that has it whole; at least one
   * @param threads how many chunks to read at a time
   */
  public ImageCopy(List<ChunkSource> sources, Workspaces workspaces, int threads) {
    this.source = new WholeChunks(sources);
    this.workspaces = workspaces;
    this.threads = threads;
  }

  /** What to do about a chunk that the source has not, or not whole. */
  public enum IfLost {
    /** The copy fails. */
    FAIL,

    /** The others are copied, and the index that names it, too: it may be stored again. */
    GO_ON
  }

  /**
   * Copies an image. When this returns, its index and the chunks that it names are in the target,
   * durable; when it throws, the index may be there only if its publishing failed, and what was
   * copied is found by the next attempt.
   *
   * @param index the image's, of the source; stays open and is not closed here
   * @param session of the target store; it may be that of several images. Stays open, and is to be
   *     closed when everybody knows of the image
   * @param name of the index to make or to replace among {@code target}
   * @throws ChunkMissing when the source lacks a chunk of it
   * @throws ChunkCorrupt when one is damaged
   * @throws IndexCorrupt when the index is not sound
   * @throws StoreFull when the target has no room
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   */
  public ImageCopied copy(
      Index index,
      StoreSession session,
      IndexStore target,
      String name,
      IfLost ifLost,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    long size = index.size();
    Run run = copyChunks(index, session, ifLost, progress, cancellation);
    try (IndexStore.Draft draft = target.begin(name, session)) {
      String digest = index.copyTo(draft, cancellation);
      Uninterrupted.call(
          "publish",
          () -> {
            draft.publish(digest);
            return draft;
          });
      progress.advanced(size, size);
      return new ImageCopied(digest, size, run.chunks.sum(), run.bytes.sum(), run.lost.sum());
    }
  }

  /**
   * Fetches the chunks of an image that is in the target, of which that has not all: afterwards
   * those that the source has whole are in the target, durable. The index stays as it is.
   *
   * @param index the image's, of any store; stays open and is not closed here
   * @param session of the target store, one that has taken nothing for granted; stays open
   * @return what was fetched; its {@code lost} are the chunks that neither store has whole
   */
  public ImageCopied fetch(
      Index index, StoreSession session, ProgressListener progress, Cancellation cancellation)
      throws IOException {
    Run run = copyChunks(index, session, IfLost.GO_ON, progress, cancellation);
    return new ImageCopied(
        index.digest(cancellation),
        index.size(),
        run.chunks.sum(),
        run.bytes.sum(),
        run.lost.sum());
  }

  /**
   * Puts an index back that the target has lost, in its own place; see {@link
   * IndexStore#beginAgain}. Its chunks are the caller's affair.
   *
   * @param index one of the same bytes, of another store; stays open and is not closed here
   * @param digest the SHA-256 that the lost one had, in hexadecimal
   * @throws IndexCorrupt when the index is another one; nothing is changed then
   */
  public static void putBack(
      Index index, IndexStore target, String name, String digest, Cancellation cancellation)
      throws IOException {
    try (IndexStore.Draft draft = target.beginAgain(name)) {
      String written = index.copyTo(draft, cancellation);
      if (!written.equals(digest)) {
        throw new IndexCorrupt(
            index.place(), "its SHA-256 is " + written + " where " + digest + " is needed");
      }
      Uninterrupted.call(
          "publish",
          () -> {
            draft.publish(digest);
            return draft;
          });
    }
  }

  private Run copyChunks(
      Index index,
      StoreSession session,
      IfLost ifLost,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    WorkerGroup crew = new WorkerGroup(OPERATION);
    Run run = new Run(index, session, ifLost, crew);
    crew.run(
        threads, run::work, cancellation, () -> progress.advanced(run.done.sum(), index.size()));
    session.sync();
    cancellation.check(OPERATION);
    return run;
  }

  /** One image on its way: what its threads share. */
  private final class Run {
    private final Index index;
    private final StoreSession session;
    private final IfLost ifLost;
    private final WorkerGroup crew;
    private final AtomicLong next = new AtomicLong();
    private final LongAdder done = new LongAdder();
    private final LongAdder chunks = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder lost = new LongAdder();

    Run(Index index, StoreSession session, IfLost ifLost, WorkerGroup crew) {
      this.index = index;
      this.session = session;
      this.ifLost = ifLost;
      this.crew = crew;
    }

    void work() throws IOException {
      while (!crew.stopping()) {
        long first = next.getAndAdd(STRETCH);
        if (first >= index.chunkCount()) {
          return;
        }
        @Nullable ChunkId before = null;
        Index.Ids ids = index.ids(first, Math.min(first + STRETCH, index.chunkCount()));
        while (ids.hasNext() && !crew.stopping()) {
          int length = index.chunkLength(ids.position());
          ChunkId id = ids.next();
          // Zero chunks come in long rows.
          if (!id.equals(before) && !session.claim(id)) {
            copy(id, length);
          }
          before = id;
          done.add(length);
        }
      }
    }

    private void copy(ChunkId id, int length) throws IOException {
      Workspace workspace = workspaces.take(crew::stopping);
      if (workspace == null) {
        return;
      }
      try {
        int frameBytes = source.read(id, length, workspace);
        if (session.put(id, workspace.frame().limit(frameBytes))) {
          chunks.increment();
          bytes.add(frameBytes);
        }
      } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable e) {
        if (ifLost == IfLost.FAIL) {
          throw e;
        }
        lost.increment();
      } finally {
        workspaces.giveBack(workspace);
      }
    }
  }
}
