package io.platen;

import io.micrometer.core.instrument.MeterRegistry;
import io.platen.api.Admission;
import io.platen.api.Gate;
import io.platen.api.HttpListener;
import io.platen.api.RequestTimes;
import io.platen.config.DataLock;
import io.platen.config.ServerConfig;
import io.platen.idempotency.Once;
import io.platen.responsecache.ResponseCache;
import io.platen.responsecache.ResponseCacheRoute;
import io.platen.team.RateLimiter;
import io.platen.team.TeamService;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * The HTTP server: opens the data directory, runs its jobs, and answers until it is told to end.
 */
@Singleton
public final class Server implements QuarkusApplication {
  private static final Logger LOG = Logger.getLogger(Server.class);

  /**
   * How long requests under way may take to finish when the server is told to end. With the jobs,
   * which are told to stop at the same time, that makes less than ten seconds.
   */
  private static final Duration FINISH = Duration.ofSeconds(3);

  private final Admission admission;
  private final Once once;
  private final MeterRegistry meters;
  private final Gate gate;
  private final ResponseCacheRoute responses;
  private final HttpListener listener;

  public Server(
      Vertx vertx,
      Admission admission,
      Once once,
      MeterRegistry meters,
      ResponseCache responses,
      TeamService teams,
      RateLimiter limiter) {
    this.admission = admission;
    this.once = once;
    this.meters = meters;
    gate = new Gate(admission, new RequestTimes(meters));
    this.responses = new ResponseCacheRoute(responses, teams, limiter);
    listener = new HttpListener(vertx, gate, PlatenBeans.served().config().http());
  }

  /**
   * Serves until SIGTERM or SIGINT.
   *
   * @throws Exception where the server could not start; the message says why
   */
  public static void run(ServerConfig config) throws Exception {
    config.data().create();
    var lock = DataLock.acquire(config.data());
    try (var platen = Platen.open(config, InstantSource.system());
        var workers = Workers.open(platen)) {
      PlatenBeans.serve(platen, workers);
      var failure = new AtomicReference<Throwable>();
      Quarkus.run(Server.class, (status, cause) -> failure.set(cause));
      if (failure.get() instanceof Exception e) {
        throw e;
      }
    } finally {
      lock.close();
    }
  }

  void prepare(@Observes Router router) {
    responses.guard(router, gate.guard(router));
  }

  @Override
  public int run(String... arguments) throws Exception {
    var platen = PlatenBeans.served();
    var config = platen.config();
    var workers = PlatenBeans.working();
    var store = new StoreSize(config.data().store(), workers.captures()::stored);
    new Meters(meters, platen).bind(workers, store, admission);
    workers.start();
    try (var housekeeping = new Housekeeping(platen, once, store)) {
      housekeeping.start();
      int port = listener.listen(config.host(), config.port());
      announce(platen, url(config.host(), port));
      Quarkus.waitForExit();
    }
    return 0;
  }

  /**
   * Refuses new requests, lets those under way finish, stops the jobs, closes the socket. All of it
   * before Quarkus stops anything of its own: the thread in {@link #run} wakes up while Quarkus is
   * closing connections already.
   */
  void end(@Observes ShutdownEvent ending) throws Exception {
    var workers = PlatenBeans.working();
    var stopping = Thread.ofVirtual().name("stop-jobs").start(workers::stop);
    if (!admission.drain(FINISH)) {
      LOG.warnf("%d requests are cut off: they took longer than %s", admission.underWay(), FINISH);
    }
    listener.close();
    stopping.join();
  }

  private static String url(String host, int port) throws Exception {
    boolean everywhere = InetAddress.getByName(host).isAnyLocalAddress();
    String name = everywhere ? ServerConfig.DEFAULT_HOST : host;
    return "http://%s:%d".formatted(name.contains(":") ? "[" + name + "]" : name, port);
  }

  private static void announce(Platen platen, String url) {
    platen
        .teams()
        .createFirstKey()
        .ifPresent(
            created -> {
              System.out.println("export PAPERSPACE_API_URL=" + url + "/v1");
              System.out.println("export PAPERSPACE_API_KEY=" + created.secret());
            });
    System.out.flush();
    System.err.println(
        "platen: listening on " + url + ", data in " + platen.config().data().root());
  }
}
