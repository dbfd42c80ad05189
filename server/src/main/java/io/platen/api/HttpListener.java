package io.platen.api;

import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The socket in front of Quarkus' router. It is ours because Quarkus gives no way to answer what is
 * not HTTP at all (Vert.x answers that with an empty body, and every error of this API has one), to
 * keep clients from holding connections, or to end requests in good order.
 */
public final class HttpListener {
  private static final long START_SECONDS = 10;
  private static final long STOP_SECONDS = 2;
  private static final long SWEEP_MILLIS = 1000;

  private final Vertx vertx;
  private final List<String> deployments = new ArrayList<>();

  public HttpListener(Vertx vertx) {
    this.vertx = vertx;
  }

  /**
   * Listens, on one event loop per core.
   *
   * @param port 0 for any that is free
   * @return the port it listens on
   */
  public int listen(String host, int port) throws IOException {
    var actual = new AtomicInteger(port);
    var options =
        new HttpServerOptions()
            .setHost(host)
            .setMaxInitialLineLength(HttpLimits.LINE)
            .setMaxHeaderSize(HttpLimits.HEADERS)
            .setHandle100ContinueAutomatically(true)
            // With it, a connection is not known before its first bytes.
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout((int) HttpLimits.IDLE.toSeconds())
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setReuseAddress(true);
    int others = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    int share = HttpLimits.CONNECTIONS / (1 + others);
    // The first picks the port where any will do; the others share it.
    deploy(options, actual, 1, share);
    deploy(options, actual, others, share);
    return actual.get();
  }

  private void deploy(HttpServerOptions options, AtomicInteger port, int instances, int share)
      throws IOException {
    var deployed = new CompletableFuture<String>();
    vertx
        .deployVerticle(
            () -> new Listener(options, port, share),
            new DeploymentOptions().setInstances(instances))
        .onSuccess(deployed::complete)
        .onFailure(deployed::completeExceptionally);
    try {
      deployments.add(deployed.orTimeout(START_SECONDS, TimeUnit.SECONDS).join());
    } catch (CompletionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "can't listen on %s:%d: %s; choose another address with --host and --port"
              .formatted(options.getHost(), port.get(), cause.getMessage()),
          cause);
    }
  }

  /** Closes the socket and every connection. */
  public void close() throws IOException {
    var closed =
        CompletableFuture.allOf(
            deployments.stream()
                .map(id -> vertx.undeploy(id).toCompletionStage().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new));
    try {
      closed.orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw new IOException("the listener does not close", e);
    }
  }

  private static final class Listener extends AbstractVerticle {
    private final HttpServerOptions options;
    private final AtomicInteger port;
    private final Connections connections;

    Listener(HttpServerOptions options, AtomicInteger port, int maximum) {
      this.options = options;
      this.port = port;
      connections = new Connections(maximum);
    }

    @Override
    public void start(Promise<Void> started) {
      var root = VertxHttpRecorder.getRootHandler();
      vertx
          .createHttpServer(new HttpServerOptions(options).setPort(port.get()))
          .connectionHandler(connection -> connections.opened(connection, System.nanoTime()))
          .requestHandler(
              request -> {
                connections.received(request, System.nanoTime());
                root.handle(request);
              })
          .invalidRequestHandler(Gate::refuseInvalid)
          .listen()
          .onSuccess(
              listening -> {
                port.set(listening.actualPort());
                vertx.setPeriodic(SWEEP_MILLIS, timer -> connections.sweep(System.nanoTime()));
                started.complete();
              })
          .onFailure(started::fail);
    }
  }
}
