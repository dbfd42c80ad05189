package io.platen.nbd;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks along ranges of an export in order, asking the server as it goes, so its memory does not
 * grow with the export. Neighbours that say the same come as one range, whatever requests they came
 * from. Every byte of what it walks along is in exactly one range.
 *
 * <p>It uses its connection only within {@link #next}, so reads may come in between. Like the
 * connection it belongs to one thread at a time.
 */
public final class NbdCursor<T extends NbdRange<T>> {
  /** Asks about a range; answers for a part of it that starts where it starts. */
  interface Source<T> {
    List<T> ask(long offset, long length) throws NbdException;
  }

  private final Source<T> source;
  private final long end;
  private final ArrayDeque<T> ready = new ArrayDeque<>();
  private long asked;
  private @Nullable T open;

  NbdCursor(Source<T> source, long offset, long length) {
    this.source = source;
    this.asked = offset;
    this.end = offset + length;
  }

  /**
   * The next range, null at the end. After an {@link NbdRequestException} it may be called again
   * and asks again.
   */
  public @Nullable T next() throws NbdException {
    while (true) {
      if (ready.isEmpty() && asked < end) {
        ready.addAll(source.ask(asked, end - asked));
        asked = ready.getLast().end();
      }
      T piece = ready.poll();
      T before = open;
      if (before != null && piece != null && before.continuedBy(piece)) {
        open = before.joinedWith(piece);
      } else {
        open = piece;
        if (before != null || piece == null) {
          return before;
        }
      }
    }
  }
}
