package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of several stores: each is read from the first of them that has it whole. A store that
 * can't be asked says nothing about the chunk, and ends the search.
 */
final class WholeChunks {
  private final List<ChunkSource> sources;

  /**
   * @param sources in the order in which they are asked; at least one
   */
  WholeChunks(List<ChunkSource> sources) {
    this.sources = List.copyOf(sources);
  }

  /**
   * Reads a chunk: afterwards its frame is in the frame buffer of the workspace, and its bytes in
   * the chunk buffer, decoded and checked.
   *
   * @param length of the chunk, in bytes
   * @return the length of the frame, in bytes
   * @throws ChunkMissing when the first store lacks it, and none of the others has it whole
   * @throws ChunkCorrupt when it is damaged in the first store, and none of the others has it whole
   * @throws ChunkUnreadable when the first store's medium does not give it back, and none of the
   *     others has it whole
   */
  int read(ChunkId id, int length, Workspace workspace) throws IOException {
    @Nullable IOException first = null;
    for (ChunkSource source : sources) {
      try {
        ByteBuffer frame = workspace.frame();
        source.read(id, frame);
        int bytes = frame.limit();
        workspace.decode(id, length);
        return bytes;
      } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    throw first == null ? new ChunkMissing(id, "store to read it from") : first;
  }
}
