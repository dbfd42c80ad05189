package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** One image being restored: what its threads share. */
final class Restore {
  /** Chunks a thread takes at a time: few, so that the file is written nearly in order. */
  private static final int STRETCH = 16;

  private final Index index;
  private final ChunkSource store;
  private final AtomicFile file;
  private final Workspaces workspaces;
  private final Crew crew;

  private final AtomicLong next = new AtomicLong();
  private final LongAdder bytesWritten = new LongAdder();
  private final LongAdder zeroBytes = new LongAdder();
  private final LongAdder bytesFetched = new LongAdder();

  Restore(Index index, ChunkSource store, AtomicFile file, Workspaces workspaces, Crew crew) {
    this.index = index;
    this.store = store;
    this.file = file;
    this.workspaces = workspaces;
    this.crew = crew;
  }

  /** Gives the file its size: one hole. */
  void setSize() throws IOException {
    if (index.size() > 0) {
      // The JDK extends a file only by writing its last byte.
      write(ByteBuffer.allocate(1), index.size() - 1);
    }
  }

  /** What each thread does. */
  void work() throws IOException {
    while (!crew.stopping()) {
      long first = next.getAndAdd(STRETCH);
      if (first >= index.chunkCount()) {
        return;
      }
      Index.Ids ids = index.ids(first, Math.min(first + STRETCH, index.chunkCount()));
      while (ids.hasNext() && !crew.stopping()) {
        long chunk = ids.position();
        restore(chunk, ids.next());
      }
    }
  }

  private void restore(long chunk, ChunkId id) throws IOException {
    int length = index.chunkLength(chunk);
    if (id.equals(ZeroChunk.id(length))) {
      zeroBytes.add(length);
      return;
    }
    Workspace workspace = workspaces.take(crew::stopping);
    if (workspace == null) {
      return;
    }
    try {
      ByteBuffer frame = workspace.frame();
      store.read(id, frame);
      bytesFetched.add(frame.limit());
      write(workspace.decode(id, length), chunk * Format.CHUNK_BYTES);
      bytesWritten.add(length);
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  private void write(ByteBuffer bytes, long position) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        position += file.channel().write(bytes, position);
      }
    } catch (IOException e) {
      throw IoFailure.at(file.path(), e);
    }
  }

  /** Bytes of the image that are settled. */
  long bytesDone() {
    return bytesWritten.sum() + zeroBytes.sum();
  }

  ImageRead result() {
    return new ImageRead(
        index.size(), index.chunkCount(), bytesWritten.sum(), zeroBytes.sum(), bytesFetched.sum());
  }
}
