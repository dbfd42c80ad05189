package io.platen;

import io.platen.api.HttpListener;
import io.platen.config.DataLock;
import io.platen.config.ServerConfig;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The HTTP server: opens the data directory, runs its jobs, and answers until it is told to end.
 */
public final class Server implements QuarkusApplication {
  private final Vertx vertx;

  public Server(Vertx vertx) {
    this.vertx = vertx;
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
    HttpListener.prepare(router);
  }

  @Override
  public int run(String... arguments) throws Exception {
    var platen = PlatenBeans.served();
    var config = platen.config();
    PlatenBeans.working().jobs().start();
    int port = new HttpListener(vertx).listen(config.host(), config.port());
    announce(platen, url(config.host(), port));
    Quarkus.waitForExit();
    return 0;
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
