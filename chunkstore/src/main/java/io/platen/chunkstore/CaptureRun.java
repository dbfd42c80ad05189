package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One image being written: what its threads share. */
final class CaptureRun {
  private final ImageSource source;
  private final @Nullable Index parent;
  private final WorkPlan plan;
  private final StoreSession session;
  private final IndexWriter index;
  private final Workspaces workspaces;
  private final WorkerGroup crew;

  /** Length of the zero chunk that was claimed last; an image has at most two. */
  private volatile int claimedZero;

  private final LongAdder bytesRead = new LongAdder();
  private final LongAdder zeroBytes = new LongAdder();
  private final LongAdder inheritedBytes = new LongAdder();
  private final LongAdder deduplicatedBytes = new LongAdder();
  private final LongAdder newBytes = new LongAdder();
  private final LongAdder newChunks = new LongAdder();
  private final LongAdder storedBytes = new LongAdder();

  CaptureRun(
      ImageSource source,
      @Nullable Index parent,
      WorkPlan plan,
      StoreSession session,
      IndexWriter index,
      Workspaces workspaces,
      WorkerGroup crew) {
    this.source = source;
    this.parent = parent;
    this.plan = plan;
    this.session = session;
    this.index = index;
    this.workspaces = workspaces;
    this.crew = crew;
  }

  /** What each thread does. */
  void work() throws IOException {
    PieceReader reader = new PieceReader();
    while (!crew.stopping()) {
      Work work = plan.next();
      if (work == null) {
        return;
      }
      switch (work) {
        case Work.Zero zero -> zero(zero.first(), zero.count());
        case Work.Inherit inherit -> inherit(inherit.first(), inherit.count(), reader);
        case Work.Read read -> read(read.chunk(), read.pieces(), reader);
      }
    }
  }

  private void zero(long first, long count) throws IOException {
    int length = index.chunkLength(first);
    ChunkId id = ZeroChunk.id(length);
    if (claimedZero != length) {
      withWorkspace(
          workspace -> {
            ZeroChunk.fill(workspace.chunk(length), 0, length);
            claimOrStore(id, length, workspace);
          });
      claimedZero = length;
    }
    index.fill(first, count, id);
    zeroBytes.add(count * length);
  }

  private void inherit(long first, long count, PieceReader reader) throws IOException {
    Index from = Objects.requireNonNull(parent, "only a parent has chunks to inherit");
    Index.Ids ids = from.ids(first, first + count);
    IndexWriter.Run run = index.new Run(first, (int) count);
    @Nullable ChunkId claimed = null;
    while (ids.hasNext() && !crew.stopping()) {
      long chunk = ids.position();
      ChunkId id = ids.next();
      int length = index.chunkLength(chunk);
      // Zero chunks come in long rows, and each claim is a look into the store.
      if (id.equals(claimed) || session.claim(id)) {
        claimed = id;
        run.add(id);
        inheritedBytes.add(length);
      } else {
        // The parent's template has lost it; the source has it still.
        run.skip();
        read(chunk, Pieces.all(length), reader);
      }
    }
    run.flush();
  }

  private void read(long chunk, Pieces pieces, PieceReader reader) throws IOException {
    withWorkspace(
        workspace -> {
          int length = index.chunkLength(chunk);
          reader.read(chunk, pieces, workspace.chunk(length));
          if (ZeroChunk.matches(workspace.chunk(length))) {
            foundZero(chunk, length, workspace);
          } else {
            ChunkId id = workspace.hash(length);
            (claimOrStore(id, length, workspace) ? newBytes : deduplicatedBytes).add(length);
            index.put(chunk, id);
          }
        });
  }

  private void foundZero(long chunk, int length, Workspace workspace) throws IOException {
    ChunkId id = ZeroChunk.id(length);
    if (claimedZero != length) {
      claimOrStore(id, length, workspace);
      claimedZero = length;
    }
    index.put(chunk, id);
    zeroBytes.add(length);
  }

  /**
   * The one place where it is decided that the store has a chunk already. Even zero chunks go
   * through it, as casync wants them in the store.
   *
   * @return whether the chunk, which is in the workspace, was stored now
   */
  private boolean claimOrStore(ChunkId id, int length, Workspace workspace) throws IOException {
    if (session.claim(id)) {
      return false;
    }
    ByteBuffer frame = workspace.compress(length);
    int frameBytes = frame.remaining();
    if (!session.put(id, frame)) {
      return false;
    }
    newChunks.increment();
    storedBytes.add(frameBytes);
    return true;
  }

  private interface Step {
    void with(Workspace workspace) throws IOException;
  }

  /** Takes a step, or none when the capture stops before there is a workspace for it. */
  private void withWorkspace(Step step) throws IOException {
    Workspace workspace = workspaces.take(crew::stopping);
    if (workspace == null) {
      return;
    }
    try {
      step.with(workspace);
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  /** A thread's way to the source, opened when it is first needed. */
  private final class PieceReader {
    private ImageSource.@Nullable Reader reader;

    /** Fills the buffer with a chunk: the pieces from the source, the rest with zeros. */
    void read(long chunk, Pieces pieces, ByteBuffer target) throws IOException {
      if (reader == null) {
        reader = crew.closeOnStop(source.openReader());
      }
      int length = target.limit();
      int done = 0;
      for (int i = 0; i < pieces.count(); i++) {
        int start = pieces.start(i);
        int end = pieces.end(i);
        ZeroChunk.fill(target, done, start);
        target.limit(end).position(start);
        reader.read(chunk * Format.CHUNK_BYTES + start, target);
        if (target.hasRemaining()) {
          throw new SourceInvalid("a read of " + (end - start) + " bytes came back short");
        }
        bytesRead.add(end - start);
        target.limit(length);
        done = end;
      }
      ZeroChunk.fill(target, done, length);
    }
  }

  /** Bytes of the image that are settled. */
  long bytesDone() {
    return zeroBytes.sum() + inheritedBytes.sum() + deduplicatedBytes.sum() + newBytes.sum();
  }

  ImageWritten result(String digest, long size) {
    return new ImageWritten(
        digest,
        size,
        index.chunkCount(),
        bytesRead.sum(),
        zeroBytes.sum(),
        inheritedBytes.sum(),
        deduplicatedBytes.sum(),
        newBytes.sum(),
        newChunks.sum(),
        storedBytes.sum());
  }
}
