package io.platen.app;

import io.micrometer.core.instrument.MeterRegistry;
import io.platen.config.ServerConfig;
import io.platen.http.Admission;
import io.platen.http.HttpListener;
import io.platen.linux.OwnerOnly;
import io.platen.node.DataLock;
import io.platen.rest.IdempotentRequests;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * The HTTP server: opens the data directory, runs its jobs, and answers until it is asked to end.
 */
@Singleton
public final class Server implements QuarkusApplication {
  private static final Logger LOG = Logger.getLogger(Server.class);

  /**
   * How long requests under way may take to finish when the server is asked to end. With the jobs,
   * which are asked to stop at the same time, that makes less than ten seconds.
   */
  private static final Duration FINISH = Duration.ofSeconds(3);

  /** How long the process waits, when it is asked to end, until all that is below is done. */
  private static final Duration CLOSE = Duration.ofSeconds(9);

  private final Admission admission;
  private final IdempotentRequests once;
  private final MeterRegistry meters;
  private final HttpListener listener;

  public Server(
      Admission admission, IdempotentRequests once, MeterRegistry meters, HttpListener listener) {
    this.admission = admission;
    this.once = once;
    this.meters = meters;
    this.listener = listener;
  }

  /**
   * Serves until SIGTERM or SIGINT, or until another data directory takes the database over.
   *
   * @param takeOver whether to take the database over from a data directory that was stopped for
   *     good
   * @throws Exception where the server could not start, or lost its database; the message says why
   */
  public static void run(ServerConfig config, boolean takeOver) throws Exception {
    config.data().create();
    var closed = new CountDownLatch(1);
    try (var _ = DataLock.acquire(config.data());
        var platen = Platen.open(config, InstantSource.system());
        var workers = Workers.open(platen, takeOver)) {
      // Quarkus has Java end while this thread still closes what is open here. SQLite would leave
      // what was written in a second file then, and the claim of the database would stay.
      Runtime.getRuntime().addShutdownHook(new Thread(() -> await(closed), "await-close"));
      PlatenBeans.serve(platen, workers);
      keepWebFilesIn(config.data().run().resolve("vertx"));
      var failure = new AtomicReference<Throwable>();
      Quarkus.run(Server.class, (status, cause) -> failure.set(cause));
      if (failure.get() instanceof Exception e) {
        throw e;
      }
      String loss = workers.claim().loss();
      if (loss != null) {
        throw new IOException(loss);
      }
    } finally {
      closed.countDown();
    }
  }

  private static void await(CountDownLatch closed) {
    try {
      if (!closed.await(CLOSE.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warnf("the database is not closed within %s", CLOSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Vert.x unpacks what it serves from jars. In /tmp, where it does so usually, others could put
   * something else in its place. What a killed server left may be of another version.
   */
  private static void keepWebFilesIn(Path directory) throws IOException {
    OwnerOnly.deleteTree(directory);
    System.setProperty("vertx.cacheDirBase", directory.toString());
  }

  @Override
  public int run(String... arguments) throws Exception {
    var platen = PlatenBeans.served();
    var config = platen.config();
    var workers = PlatenBeans.working();
    var store = new StoreSize(platen.site(), workers.captures()::stored);
    new Meters(meters, platen).bind(workers, store, admission);
    workers.claim().onLoss(_ -> Quarkus.asyncExit(1));
    workers.start(platen);
    try (var housekeeping = new Housekeeping(platen, once, store);
        var _ = announce(platen, listen(config))) {
      housekeeping.start();
      Quarkus.waitForExit();
    }
    return 0;
  }

  /**
   * Refuses new requests, lets those under way finish, stops the jobs, closes the socket, and tells
   * the store of the last changes. All of it before Quarkus stops anything of its own: the thread
   * in {@link #run} wakes up while Quarkus is closing connections already.
   */
  void end(@Observes ShutdownEvent ending) throws Exception {
    ServiceManager.stopping(System.getenv());
    var workers = PlatenBeans.working();
    var stopping = Thread.ofPlatform().daemon().name("stop-jobs").start(workers::stop);
    if (!admission.drain(FINISH)) {
      LOG.warnf("%d requests are cut off: they took longer than %s", admission.underWay(), FINISH);
    }
    listener.close();
    stopping.join();
    workers.tellLast();
  }

  /** Listens, and returns the address for clients. */
  private String listen(ServerConfig config) throws Exception {
    var tls = config.tls();
    if (tls == null) {
      if (!InetAddress.getByName(config.host()).isLoopbackAddress()) {
        LOG.warnf(
            "other hosts reach %s without TLS, so keys can be read on the way: set tls, or listen on 127.0.0.1 behind a reverse proxy (docs/operations.md)",
            config.host());
      }
      return url("http", config.host(), listener.listen(config.host(), config.port()));
    }
    int port =
        listener.listen(config.host(), config.port(), tls, PlatenBeans.served().nodes()::shows);
    if (tls.plainPort().isPresent()) {
      int plain = listener.listen(ServerConfig.DEFAULT_HOST, tls.plainPort().getAsInt());
      LOG.infof("%s is for this host alone", url("http", ServerConfig.DEFAULT_HOST, plain));
    }
    return url("https", config.host(), port);
  }

  private static String url(String scheme, String host, int port) throws Exception {
    boolean everywhere = InetAddress.getByName(host).isAnyLocalAddress();
    String name = everywhere ? ServerConfig.DEFAULT_HOST : host;
    return "%s://%s:%d".formatted(scheme, name.contains(":") ? "[" + name + "]" : name, port);
  }

  /** Tells people, and systemd where that started this process. */
  private static ServiceManager announce(Platen platen, String url) throws IOException {
    platen.nodes().listens(NodeAddress.of(platen.config(), url));
    if (!Journal.takes("1")) {
      platen
          .teams()
          .createFirstKey()
          .ifPresent(
              created -> {
                System.out.println("export PAPERSPACE_API_URL=" + url + "/v1");
                System.out.println("export PAPERSPACE_API_KEY=" + created.secret());
              });
    } else if (platen.teams().keys().isEmpty()) {
      // The journal is kept, and others read it.
      LOG.info("there is no key yet: make one with \"sudo platen key create\"");
    }
    System.out.flush();
    System.err.println(
        "platen: listening on " + url + ", data in " + platen.config().data().root());
    return ServiceManager.ready(System.getenv(), platen.watchdog());
  }
}
