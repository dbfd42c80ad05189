package io.platen.http;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that requests which only read are worked on by, from the rules to the answer. Quarkus
 * stays on a thread that may wait, so a request changes threads once; the others wait for their
 * turn in the order in which they came.
 *
 * <p>A request's place is free again when its event loop has its answer, and counts it as one that
 * the client has not taken: threads that went on before that would fill the memory with answers
 * that nothing has counted.
 */
final class Readers implements AutoCloseable {
  private final Bulkhead places;
  private final ExecutorService threads;

  /**
   * @param places requests that are worked on, or whose answer is on its way to the event loop
   * @param count threads
   */
  Readers(int places, int count) {
    this.places = new Bulkhead(places);
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(places),
            new DefaultThreadFactory("reader", true));
  }

  /**
   * Has a request worked on when it is its turn. To be called on its event loop.
   *
   * @param work runs in the request's Vert.x context, which holds what Quarkus keeps with it
   */
  void begin(RoutingContext context, Runnable work) {
    if (context.vertx().getOrCreateContext() instanceof ContextInternal own) {
      places.enter(() -> threads.execute(() -> run(own, work)));
      return;
    }
    throw new IllegalStateException("a request of another kind: " + context);
  }

  private void run(ContextInternal own, Runnable work) {
    try {
      own.dispatch(null, _ -> work.run());
    } finally {
      // The event loop does what it is given in that order: the answer is written before this.
      own.runOnContext(_ -> places.leave());
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
