package io.platen.api;

import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

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
    int actual = port == 0 ? freePort(host) : port;
    var options =
        new HttpServerOptions()
            .setHost(host)
            .setPort(actual)
            .setMaxInitialLineLength(HttpLimits.LINE)
            .setMaxHeaderSize(HttpLimits.HEADERS)
            .setHandle100ContinueAutomatically(true)
            // Quarkus can't take over an HTTP/2 request whose body was read already, as ours are;
            // and
            // a connection that may become one is not known before its first bytes.
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout((int) HttpLimits.IDLE.toSeconds())
            .setIdleTimeoutUnit(TimeUnit.SECONDS);
    deploy(options);
    return actual;
  }

  /** Chosen here, because the event loops have to name the port that they share. */
  private static int freePort(String host) throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }

  private void deploy(HttpServerOptions options) throws IOException {
    int eventLoops = Runtime.getRuntime().availableProcessors();
    int share = HttpLimits.CONNECTIONS / eventLoops;
    var deployed = new CompletableFuture<String>();
    vertx
        .deployVerticle(
            () -> new Listener(options, share), new DeploymentOptions().setInstances(eventLoops))
        .onSuccess(deployed::complete)
        .onFailure(deployed::completeExceptionally);
    try {
      deployments.add(deployed.orTimeout(START_SECONDS, TimeUnit.SECONDS).join());
    } catch (CompletionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "can't listen on %s:%d: %s; choose another address with --host and --port"
              .formatted(options.getHost(), options.getPort(), cause.getMessage()),
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

  /**
   * Whether a percent sign is not followed by two hexadecimal digits, as RFC 3986, section 2.1, has
   * it. The router would answer that without a body.
   */
  static boolean hasBrokenEscape(String uri) {
    for (int at = uri.indexOf('%'); at >= 0; at = uri.indexOf('%', at + 1)) {
      if (at + 2 >= uri.length()
          || !HexFormat.isHexDigit(uri.charAt(at + 1))
          || !HexFormat.isHexDigit(uri.charAt(at + 2))) {
        return true;
      }
    }
    return false;
  }

  private static final class Listener extends AbstractVerticle {
    private final HttpServerOptions options;
    private final Connections connections;

    Listener(HttpServerOptions options, int maximum) {
      this.options = options;
      connections = new Connections(maximum);
    }

    @Override
    public void start(Promise<Void> started) {
      var root = VertxHttpRecorder.getRootHandler();
      vertx
          .createHttpServer(options)
          .connectionHandler(connection -> connections.opened(connection, System.nanoTime()))
          .requestHandler(
              request -> {
                connections.received(request, System.nanoTime());
                if (hasBrokenEscape(request.uri())) {
                  Gate.refuseEscape(request);
                } else {
                  root.handle(request);
                }
              })
          .invalidRequestHandler(Gate::refuseInvalid)
          .listen()
          .onSuccess(
              listening -> {
                vertx.setPeriodic(SWEEP_MILLIS, timer -> connections.sweep(System.nanoTime()));
                started.complete();
              })
          .onFailure(started::fail);
    }
  }
}
