package io.platen.http;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Lets only so many requests be worked on at a time. The others wait for their turn, in the order
 * in which they came, and hold no thread meanwhile; there are never more than connections.
 */
final class Bulkhead {
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int free;

  Bulkhead(int places) {
    free = places;
  }

  /** Begins at once, or when others have left. Each that began calls {@link #leave} once. */
  void enter(Runnable work) {
    synchronized (waiting) {
      if (free == 0) {
        waiting.add(work);
        return;
      }
      free--;
    }
    work.run();
  }

  void leave() {
    @Nullable Runnable next;
    synchronized (waiting) {
      next = waiting.poll();
      if (next == null) {
        free++;
      }
    }
    if (next != null) {
      next.run();
    }
  }
}
