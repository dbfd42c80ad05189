package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** All indexes of a store whose chunks are needed. */
public interface IndexRoots {
  /**
   * Lists them. Every index that was published before the call, and is needed, is among them; one
   * that is published meanwhile need not be.
   *
   * @throws IOException when it can't be known for sure which they are
   */
  List<IndexRoot> list() throws IOException;

  /**
   * Whether an index that was listed, and whose file is gone now, is still needed. If not, it was
   * removed because its template was deleted in the meantime.
   */
  boolean isNeeded(Path file) throws IOException;
}
