package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one operation. The first failure stops the others and is what the operation
 * throws, with what else went wrong suppressed in it.
 *
 * <p>Stopping takes four steps: {@link #stopping} asks the threads to begin nothing new, what they
 * registered with {@link #closeOnStop} is closed, which ends reads that hang, they are waited for,
 * and then the caller cleans up. The threads are never interrupted, because that would close files
 * they share with others.
 */
final class WorkerGroup {
  /** How often progress is reported and cancellation is checked. */
  private static final int TICK_MILLIS = 200;

  /** How long a thread may hang after everything it could hang in was closed. */
  private static final int GRACE_MILLIS = 10_000;

  /** What each thread does: works until there is nothing left or {@link #stopping}. */
  interface Task {
    void run() throws IOException;
  }

  private final String name;
  private final Object lock = new Object();
  private final List<Closeable> open = new ArrayList<>();
  private int running;
  private @Nullable Throwable failure;
  private volatile boolean stopping;

  WorkerGroup(String name) {
    this.name = name;
  }

  /** Whether the threads are to end. */
  boolean stopping() {
    return stopping;
  }

  /** Closes the resource when the operation stops, from another thread, or when it ends. */
  <T extends Closeable> T closeOnStop(T resource) throws IOException {
    synchronized (lock) {
      if (!stopping) {
        open.add(resource);
        return resource;
      }
    }
    resource.close();
    throw new Cancelled(name + " is stopping");
  }

  /**
   * Runs the task on {@code threads} threads and waits for them all. An interrupt of the waiting
   * thread cancels.
   *
   * @param tick called on the waiting thread now and then
   */
  void run(int threads, Task task, Cancellation cancellation, Runnable tick) throws IOException {
    boolean interrupted = false;
    try {
      start(threads, task);
      while (!awaitEnd(TICK_MILLIS) && !stopping) {
        cancellation.check(name);
        tick.run();
      }
      cancellation.check(name);
    } catch (InterruptedException e) {
      interrupted = true;
      fail(new Cancelled(name + " was interrupted"));
    } catch (IOException | RuntimeException | Error e) {
      fail(e);
    }
    try {
      stopping = true;
      closeAll();
      interrupted |= awaitStop();
      throwFailure();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void start(int threads, Task task) {
    for (int i = 0; i < threads; i++) {
      Thread thread =
          Thread.ofPlatform()
              .daemon()
              .name("chunkstore-" + name + "-" + i)
              .unstarted(() -> work(task));
      synchronized (lock) {
        thread.start();
        running++;
      }
    }
  }

  private void work(Task task) {
    try {
      task.run();
    } catch (IOException | RuntimeException | Error e) {
      fail(e);
    } finally {
      synchronized (lock) {
        running--;
        lock.notifyAll();
      }
    }
  }

  private void fail(Throwable e) {
    synchronized (lock) {
      if (failure == null) {
        failure = e;
      } else if (!failure.equals(e)) {
        failure.addSuppressed(e);
      }
      stopping = true;
      lock.notifyAll();
    }
  }

  /** Waits until all threads have ended or one failed, at most so long; says whether all ended. */
  private boolean awaitEnd(long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    synchronized (lock) {
      while (running > 0 && !stopping) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          break;
        }
        lock.wait(left);
      }
      return running == 0;
    }
  }

  /** Waits for the threads after they were asked to stop; returns whether it was interrupted. */
  private boolean awaitStop() {
    boolean interrupted = false;
    long deadline = System.nanoTime() + GRACE_MILLIS * 1_000_000L;
    synchronized (lock) {
      while (running > 0) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          fail(new IOException(name + ": " + running + " threads hang, they are left behind"));
          break;
        }
        try {
          lock.wait(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    return interrupted;
  }

  /** On a thread of its own: that a close hangs must not hold up the one who cancelled. */
  private void closeAll() {
    List<Closeable> resources;
    synchronized (lock) {
      resources = List.copyOf(open);
      open.clear();
      running += resources.isEmpty() ? 0 : 1;
    }
    if (!resources.isEmpty()) {
      Thread.ofPlatform()
          .daemon()
          .name("chunkstore-" + name + "-close")
          .start(() -> work(() -> closeEach(resources)));
    }
  }

  private static void closeEach(List<Closeable> resources) throws IOException {
    IOException failure = null;
    for (Closeable resource : resources) {
      try {
        resource.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void throwFailure() throws IOException {
    Throwable cause;
    synchronized (lock) {
      cause = failure;
    }
    switch (cause) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(cause);
    }
  }
}
