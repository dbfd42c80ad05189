package io.platen.http;

import io.platen.config.HttpTimes;
import io.platen.config.TlsFiles;
import io.platen.liveness.Watchdog;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SSLOptions;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The socket in front of Quarkus' router. It is ours because Quarkus gives no way to answer what is
 * not HTTP at all (Vert.x answers that with an empty body, and every error of this API has one), to
 * keep clients from holding connections, or to end requests in good order.
 */
@Singleton
public final class HttpListener {
  private static final Logger LOG = Logger.getLogger(HttpListener.class);

  /** A port that is in use is refused at once; all classes of Netty are loaded meanwhile. */
  private static final long START_SECONDS = 120;

  /** How many free ports are tried, where any will do. */
  private static final int FREE_PORTS = 5;

  private static final long STOP_SECONDS = 2;
  private static final long SWEEP_MILLIS = 1000;
  private static final long RELOAD_MILLIS = 5000;

  /** Nothing that an event loop does takes as long as this, and it has a turn every second. */
  private static final Duration LOOP_LIMIT = Duration.ofSeconds(20);

  private final Vertx vertx;
  private final Gate gate;
  private final Admission admission;
  private final HttpTimes times;
  private final Watchdog watchdog;
  private final List<String> deployments = new ArrayList<>();

  /** Those that speak TLS, one for each event loop. */
  private final List<HttpServer> secured = new CopyOnWriteArrayList<>();

  /**
   * @param gate answers what does not get as far as the router
   */
  public HttpListener(
      Vertx vertx, Gate gate, Admission admission, HttpTimes times, Watchdog watchdog) {
    this.vertx = vertx;
    this.gate = gate;
    this.admission = admission;
    this.times = times;
    this.watchdog = watchdog;
  }

  /**
   * Listens, on one event loop per core.
   *
   * @param port 0 for any that is free
   * @return the port it listens on
   */
  public int listen(String host, int port) throws IOException {
    return bind(host, port, null);
  }

  /**
   * As {@link #listen(String, int)}, with TLS. Its files are read again when they change.
   *
   * @param shown hears the SHA-256 of the certificate, now and when it was replaced
   */
  public int listen(String host, int port, TlsFiles tls, Consumer<String> shown)
      throws IOException {
    var certificate = new ServerCertificate(tls, vertx);
    int actual = bind(host, port, certificate.read().orElseThrow());
    shown.accept(certificate.sha256());
    vertx.setPeriodic(RELOAD_MILLIS, _ -> vertx.executeBlocking(() -> reload(certificate, shown)));
    return actual;
  }

  private int bind(String host, int port, @Nullable SSLOptions tls) throws IOException {
    if (port != 0) {
      deploy(options(host, port, tls));
      return port;
    }
    for (int left = FREE_PORTS; ; left--) {
      int free = freePort(host);
      try {
        deploy(options(host, free, tls));
        return free;
      } catch (IOException e) {
        // Another process may take it between the look and the use.
        if (left == 1 || !(e.getCause() instanceof BindException)) {
          throw e;
        }
      }
    }
  }

  private HttpServerOptions options(String host, int port, @Nullable SSLOptions tls) {
    var options =
        new HttpServerOptions()
            .setHost(host)
            .setPort(port)
            .setMaxInitialLineLength(HttpLimits.LINE)
            .setMaxHeaderSize(HttpLimits.HEADERS)
            // Quarkus can't take over an HTTP/2 request whose body was read already, as ours are;
            // and
            // a connection that may become one is not known before its first bytes.
            .setHttp2ClearTextEnabled(false);
    if (tls != null) {
      options
          .setSsl(true)
          .setUseAlpn(false)
          .setSslHandshakeTimeout(times.receive().toSeconds())
          .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
          .setKeyCertOptions(tls.getKeyCertOptions())
          .setEnabledSecureTransportProtocols(tls.getEnabledSecureTransportProtocols());
    }
    return options;
  }

  /** Connections that are open go on with what they began with. */
  private boolean reload(ServerCertificate certificate, Consumer<String> shown) {
    try {
      var changed = certificate.read();
      for (var server : changed.isPresent() ? List.copyOf(secured) : List.<HttpServer>of()) {
        server.updateSSLOptions(changed.get()).toCompletionStage().toCompletableFuture().join();
      }
      if (changed.isPresent()) {
        LOG.info("the certificate was replaced");
        shown.accept(certificate.sha256());
      }
    } catch (IOException | CompletionException e) {
      LOG.warnf("the certificate stays as it was: %s", e.getMessage());
    }
    return true;
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
    var servers = new CopyOnWriteArrayList<HttpServer>();
    var deployed = new CompletableFuture<String>();
    vertx
        .deployVerticle(
            () ->
                new Listener(
                    gate,
                    admission,
                    options,
                    new Connections(share, times, admission),
                    watchdog,
                    servers),
            new DeploymentOptions().setInstances(eventLoops))
        .onSuccess(deployed::complete)
        .onFailure(deployed::completeExceptionally);
    try {
      deployments.add(deployed.orTimeout(START_SECONDS, TimeUnit.SECONDS).join());
      if (options.isSsl()) {
        secured.addAll(servers);
      }
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
    } finally {
      gate.close();
    }
  }

  /**
   * What is wrong with a request that Netty took for one; null where nothing is. The router would
   * answer some of it without a body, and take some of it for another request than a proxy in front
   * does (RFC 9112, sections 3.2, 5.1 and 6.1).
   */
  static @Nullable String problem(HttpServerRequest request) {
    var headers = request.headers();
    if (headers.getAll("Host").size() > 1) {
      return "There is more than one Host header.";
    }
    if (request.authority() == null && request.version() != HttpVersion.HTTP_1_0) {
      return headers.contains("Host")
          ? "The Host header names no host."
          : "There is no Host header, which HTTP/1.1 wants.";
    }
    if (headers.contains("Expect") && !headers.contains("Expect", "100-continue", true)) {
      return "The only Expect that is understood is \"100-continue\".";
    }
    if (headers.contains("")) {
      return "There is a header without a name.";
    }
    var encodings = headers.getAll("Transfer-Encoding");
    if (!encodings.isEmpty()
        && !(encodings.size() == 1 && encodings.getFirst().equalsIgnoreCase("chunked"))) {
      return "The only Transfer-Encoding that is understood is \"chunked\".";
    }
    return RequestTarget.problem(request.uri());
  }

  private static final class Listener extends AbstractVerticle {
    private final Gate gate;
    private final Admission admission;
    private final HttpServerOptions options;
    private final Connections connections;
    private final Watchdog watchdog;
    private final List<HttpServer> servers;

    Listener(
        Gate gate,
        Admission admission,
        HttpServerOptions options,
        Connections connections,
        Watchdog watchdog,
        List<HttpServer> servers) {
      this.gate = gate;
      this.admission = admission;
      this.options = options;
      this.connections = connections;
      this.watchdog = watchdog;
      this.servers = servers;
    }

    @Override
    public void start(Promise<Void> started) {
      var root = VertxHttpRecorder.getRootHandler();
      vertx
          .createHttpServer(options)
          .connectionHandler(
              connection -> {
                var turns = new PipeliningGuard(admission);
                Channels.guard(connection, turns, new RequestDecoder(options));
                connections.opened(connection, turns, System.nanoTime());
              })
          .requestHandler(
              request -> {
                connections.received(request, System.nanoTime());
                String problem = problem(request);
                if (problem == null) {
                  root.handle(request);
                } else {
                  gate.refuse(request, problem);
                }
              })
          .invalidRequestHandler(gate::refuseInvalid)
          .listen()
          .onSuccess(
              listening -> {
                servers.add(listening);
                var pulse = watchdog.watch("HTTP: " + Thread.currentThread().getName(), LOOP_LIMIT);
                vertx.setPeriodic(
                    SWEEP_MILLIS,
                    timer -> {
                      pulse.beat();
                      connections.sweep(System.nanoTime());
                    });
                started.complete();
              })
          .onFailure(started::fail);
    }
  }
}
