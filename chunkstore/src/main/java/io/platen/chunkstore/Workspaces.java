package io.platen.chunkstore;

import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a process: one set for all its captures and launches, so that memory is bounded
 * whatever their number. Each set costs about 4 MiB once it was used. They are given out in order
 * of asking, which is what makes concurrent captures share fairly.
 */
public final class Workspaces implements Closeable {
  private static final int CHECK_MILLIS = 100;

  private final Semaphore permits;
  private final Deque<Workspace> idle = new ArrayDeque<>();
  private boolean closed;

  /**
   * A fixed number of sets. One operation holds at most as many as it has threads; a few times that
   * lets others go on while one waits for a slow disk.
   */
  public Workspaces(int count) {
    permits = new Semaphore(count, true);
  }

  /** Waits for a free one; null when {@code stop} says so first. */
  @Nullable Workspace take(BooleanSupplier stop) {
    while (!stop.getAsBoolean()) {
      try {
        if (permits.tryAcquire(CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
          return idleOrNew();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
    }
    return null;
  }

  private Workspace idleOrNew() {
    synchronized (idle) {
      Workspace workspace = idle.poll();
      return workspace == null ? new Workspace() : workspace;
    }
  }

  void giveBack(Workspace workspace) {
    synchronized (idle) {
      if (closed) {
        workspace.close();
      } else {
        // Last in, first out: what is in the processor's cache is used again first.
        idle.push(workspace);
      }
    }
    permits.release();
  }

  /** Frees what is idle now, and the rest when it is given back. */
  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(Workspace::close);
      idle.clear();
    }
  }
}
