package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
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

  private final ChunkSource source;
  private final Workspaces workspaces;
  private final int threads;

  /**
   * Copies from this store.
   *
   * @param threads how many chunks to read at a time
   */
  public ImageCopy(ChunkSource source, Workspaces workspaces, int threads) {
    this.source = source;
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
    WorkerGroup crew = new WorkerGroup(OPERATION);
    Run run = new Run(index, session, ifLost, crew);
    crew.run(threads, run::work, cancellation, () -> progress.advanced(run.done.sum(), size));
    session.sync();
    cancellation.check(OPERATION);
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
        ByteBuffer frame = workspace.frame();
        source.read(id, frame);
        int frameBytes = frame.remaining();
        workspace.decode(id, length);
        if (session.put(id, frame.position(0).limit(frameBytes))) {
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
