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
 */
final class Readers implements AutoCloseable {
  private final ExecutorService threads;

  /**
   * @param count requests that are worked on at a time
   */
  Readers(int count) {
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            // A connection has one request at a time, so it is never full.
            new LinkedBlockingQueue<>(HttpLimits.CONNECTIONS),
            new DefaultThreadFactory("reader", true));
  }

  /**
   * Has a request worked on when it is its turn. To be called on its event loop.
   *
   * @param work runs in the request's Vert.x context, which holds what Quarkus keeps with it
   */
  void begin(RoutingContext context, Runnable work) {
    if (context.vertx().getOrCreateContext() instanceof ContextInternal own) {
      threads.execute(() -> own.dispatch(null, _ -> work.run()));
      return;
    }
    throw new IllegalStateException("a request of another kind: " + context);
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
