package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** One image being restored: what its threads share. */
final class Restore {
  /** Chunks a thread takes at a time: few, so that the file is written nearly in order. */
  private static final int STRETCH = 16;

  /**
   * What is zero in steps of this many bytes within a chunk stays a hole: that of a qcow2 cluster,
   * the finest that an image's own holes commonly are.
   */
  private static final int HOLE_BYTES = 1 << 16;

  private final Index index;
  private final WholeChunks chunks;
  private final AtomicFile file;
  private final EarlyWriteback writeback;
  private final DirectWrites direct;
  private final Workspaces workspaces;
  private final WorkerGroup crew;

  private final AtomicLong next = new AtomicLong();
  private final LongAdder bytesWritten = new LongAdder();
  private final LongAdder zeroBytes = new LongAdder();
  private final LongAdder bytesFetched = new LongAdder();

  Restore(
      Index index,
      WholeChunks chunks,
      AtomicFile file,
      EarlyWriteback writeback,
      DirectWrites direct,
      Workspaces workspaces,
      WorkerGroup crew) {
    this.index = index;
    this.chunks = chunks;
    this.file = file;
    this.writeback = writeback;
    this.direct = direct;
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
      writeback.begin(first * Format.CHUNK_BYTES, (long) STRETCH * Format.CHUNK_BYTES);
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
      bytesFetched.add(chunks.read(id, length, workspace));
      writeData(workspace.chunk(length), chunk * Format.CHUNK_BYTES);
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  /** Writes a chunk, each run of steps that are not zero at once. */
  private void writeData(ByteBuffer chunk, long position) throws IOException {
    int length = chunk.limit();
    int run = 0;
    for (int at = 0; at < length; at += HOLE_BYTES) {
      int end = Math.min(at + HOLE_BYTES, length);
      if (ZeroChunk.matches(chunk.slice(at, end - at))) {
        writeRun(chunk, run, at, position);
        zeroBytes.add(end - at);
        run = end;
      }
    }
    writeRun(chunk, run, length, position);
  }

  private void writeRun(ByteBuffer chunk, int start, int end, long position) throws IOException {
    if (start < end) {
      ByteBuffer bytes = chunk.slice(start, end - start);
      direct.write(bytes, position + start);
      write(bytes, position + start + bytes.position());
      bytesWritten.add(end - start);
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
