package io.platen.chunkstore;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Does a step to its end whatever interrupts the caller: on a thread of its own, because the JDK
 * closes the files that an interrupted thread is using. The caller's interrupt is kept.
 */
final class Uninterrupted {
  private Uninterrupted() {}

  static <T> T call(String name, Callable<T> step) throws IOException {
    FutureTask<T> task = new FutureTask<>(step);
    join(Thread.ofPlatform().daemon().name("chunkstore-" + name).start(task));
    boolean interrupted = Thread.interrupted();
    try {
      return task.get();
    } catch (InterruptedException e) {
      throw new IllegalStateException("a finished task does not wait", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for a thread to end. */
  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
