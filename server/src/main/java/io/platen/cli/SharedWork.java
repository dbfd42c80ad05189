package io.platen.cli;

import io.platen.app.Platen;
import io.platen.app.Workers;
import io.platen.node.DataLock;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * Work that is written in the database: a server that has the data directory does it. Where there
 * is none, or it ends meanwhile, this process does, until a server starts.
 */
final class SharedWork {
  private static final Logger LOG = Logger.getLogger(SharedWork.class);
  private static final long POLL_MILLIS = 200;

  private SharedWork() {}

  /** Does the work in this process. */
  @FunctionalInterface
  interface Doing {
    void run(Workers workers);
  }

  /**
   * Has the store follow what a command changed in the database. A server that has the data
   * directory does it within a second; where there is none, this process does. Where it can't be
   * done, the next server that starts does it.
   */
  static void tellStore(Platen platen) throws IOException, InterruptedException {
    var lock = DataLock.tryAcquire(platen.config().data());
    if (lock.isEmpty()) {
      return;
    }
    try (var _ = lock.get();
        var workers = Workers.open(platen, false)) {
      workers.tellStore();
    } catch (IOException e) {
      System.err.printf(
          "platen: the store does not know of it yet, and is told by the next server that starts: %s%n",
          e.getMessage());
    }
  }

  /**
   * Waits for the end of the work.
   *
   * @param look what the database has of it now; shows it, too
   * @param ended whether that is the end
   * @throws IOException where the work can't be done; the message says why
   */
  static <T> T await(Platen platen, Doing doing, Callable<T> look, Predicate<T> ended)
      throws Exception {
    while (true) {
      var lock = DataLock.tryAcquire(platen.config().data());
      if (lock.isPresent()) {
        try (var _ = lock.get()) {
          doHere(platen, doing, look);
        }
      }
      var now = look.call();
      if (ended.test(now)) {
        return now;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  private static void doHere(Platen platen, Doing doing, Callable<?> look) throws Exception {
    try (var workers = Workers.open(platen, false);
        var thread = Executors.newSingleThreadExecutor()) {
      var work = thread.submit(() -> doing.run(workers));
      boolean handsOver = false;
      while (!work.isDone()) {
        if (!handsOver && DataLock.isAwaited(platen.config().data())) {
          handsOver = true;
          System.err.println("platen: a server starts, and goes on with this work");
          workers.stop();
        }
        look.call();
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      String loss = workers.claim().loss();
      if (loss != null) {
        throw new IOException(loss);
      }
      end(work, handsOver);
    }
  }

  /** Throws what the work threw, unless it was stopped for a server that begins it again. */
  private static void end(Future<?> work, boolean handsOver)
      throws ExecutionException, InterruptedException {
    try {
      work.get();
    } catch (ExecutionException e) {
      if (!handsOver) {
        throw e;
      }
      LOG.debugf("left to the server: %s", e.getCause());
    }
  }
}
