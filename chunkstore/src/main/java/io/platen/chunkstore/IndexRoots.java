package io.platen.chunkstore;

import java.io.IOException;

/** All indexes of a store whose chunks are needed. */
public interface IndexRoots {
  /** Hears of an index. What it throws ends the list at that point. */
  @FunctionalInterface
  interface Visitor {
    void visit(IndexRoot index) throws IOException;
  }

  /**
   * Lists them, one after the other, so that memory does not grow with their number. Every index
   * that was published before the call, and is needed when it ends, is among them; one that is
   * published meanwhile need not be, and one that is needed no more may be.
   *
   * @throws IOException when it can't be known for sure which they are
   */
  void list(Visitor visitor) throws IOException;

  /**
   * Opens an index that was listed. The caller closes it.
   *
   * @throws IndexMissing when it is gone
   * @throws IndexCorrupt when it is no sound index
   */
  Index open(String name) throws IOException;

  /**
   * Whether an index that was listed, and is gone now, is still needed. If not, it was removed
   * because its template was deleted in the meantime.
   */
  boolean isNeeded(String name) throws IOException;
}
