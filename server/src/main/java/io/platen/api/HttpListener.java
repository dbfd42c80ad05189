package io.platen.api;

import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * The socket in front of Quarkus' router. It is ours because Quarkus gives no way to answer what is
 * not HTTP at all: Vert.x answers that with an empty body, and every error of this API has one.
 */
public final class HttpListener {
  static final int MAXIMUM_BODY = 1 << 20;
  static final int MAXIMUM_LINE = 8 << 10;
  static final int MAXIMUM_HEADERS = 16 << 10;

  /** A connection without traffic is closed after this; a request that trickles in is, too. */
  private static final int IDLE_SECONDS = 60;

  private static final long START_SECONDS = 10;

  /** Before every route of Quarkus'. */
  private static final int FIRST = Integer.MIN_VALUE + 1;

  private final Vertx vertx;

  public HttpListener(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Puts what this API asks of every request before Quarkus' routes. */
  public static void prepare(Router router) {
    router.route().order(FIRST).failureHandler(HttpListener::fail).handler(HttpListener::normalize);
    router.route().order(FIRST + 1).handler(BodyHandler.create(false).setBodyLimit(MAXIMUM_BODY));
  }

  /**
   * Clients send JSON under any Content-Type and take it under any Accept; nothing else is spoken
   * here, so neither header decides anything. Both would otherwise be answered 415 or 406, and a
   * form would be parsed as one.
   */
  private static void normalize(RoutingContext context) {
    var headers = context.request().headers();
    if (context.normalizedPath().startsWith("/v1/")) {
      headers.set("Content-Type", "application/json");
      headers.set("Accept", "application/json");
    }
    context.next();
  }

  private static void fail(RoutingContext context) {
    var failure = context.failure();
    int status = context.statusCode();
    var error =
        failure == null || (status >= 400 && status < 500)
            ? Errors.ofStatus(status, failure)
            : Errors.describe(failure);
    var request = context.request();
    if (error.code() == ErrorCode.PAYLOAD_TOO_LARGE) {
      // The rest of the body is not read.
      context.response().putHeader("Connection", "close");
    }
    Errors.send(context.response(), error, request.getHeader("x-client"));
  }

  /** What Vert.x could not read as a request. */
  private static void refuse(HttpServerRequest request) {
    var cause = request.decoderResult().cause();
    int status =
        cause instanceof io.netty.handler.codec.http.TooLongHttpLineException
            ? 414
            : cause instanceof io.netty.handler.codec.http.TooLongHttpHeaderException ? 431 : 400;
    var connection = request.connection();
    var response = request.response();
    response.putHeader("Connection", "close").endHandler(sent -> connection.close());
    Errors.send(response, Errors.ofStatus(status, cause), null);
  }

  /**
   * Listens, on one event loop per core.
   *
   * @param port 0 for any that is free
   * @return the port it listens on
   */
  public int listen(String host, int port) throws Exception {
    int actual = port == 0 ? freePort(host) : port;
    var options =
        new HttpServerOptions()
            .setHost(host)
            .setPort(actual)
            .setMaxInitialLineLength(MAXIMUM_LINE)
            .setMaxHeaderSize(MAXIMUM_HEADERS)
            .setHandle100ContinueAutomatically(true)
            // Quarkus can't take over an HTTP/2 request whose body was read already, as ours are.
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout(IDLE_SECONDS)
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
    var deployed = new CompletableFuture<String>();
    vertx
        .deployVerticle(
            () -> new Listener(options), new DeploymentOptions().setInstances(eventLoops))
        .onSuccess(deployed::complete)
        .onFailure(deployed::completeExceptionally);
    try {
      deployed.orTimeout(START_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "can't listen on %s:%d: %s; choose another address with --host and --port"
              .formatted(options.getHost(), options.getPort(), cause.getMessage()),
          cause);
    }
  }

  private static final class Listener extends AbstractVerticle {
    private final HttpServerOptions options;

    Listener(HttpServerOptions options) {
      this.options = options;
    }

    @Override
    public void start(Promise<Void> started) {
      vertx
          .createHttpServer(options)
          .requestHandler(VertxHttpRecorder.getRootHandler())
          .invalidRequestHandler(HttpListener::refuse)
          .listen()
          .<Void>mapEmpty()
          .onComplete(started);
    }
  }
}
