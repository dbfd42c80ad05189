package io.platen.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Counts requests by how long they took, so that percentiles over all servers can be computed. Its
 * labels are words of the server's own: a label that clients make up, of a method or a path for
 * example, would stay in memory for ever.
 */
@Singleton
public final class RequestTimes {
  private static final Duration[] LIMITS =
      Stream.of(2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;

  public RequestTimes(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Counts a request that is over.
   *
   * @param complete whether its answer was sent to the end
   */
  void count(RequestRecord record, HttpServerRequest request, boolean complete) {
    String route = record.route();
    Timer.builder("http.server.requests")
        .description("Requests, from the end of their head to the end of their answer")
        .tag("method", method(request))
        .tag("uri", route == null ? "none" : route)
        .tag("status", complete ? Integer.toString(request.response().getStatusCode()) : "aborted")
        .serviceLevelObjectives(LIMITS)
        .register(registry)
        .record(System.nanoTime() - record.startNanos(), TimeUnit.NANOSECONDS);
  }

  /** The request's method; one that HTTP does not know is of the client's making. */
  static String method(HttpServerRequest request) {
    return switch (request.method().name()) {
      case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" -> request.method().name();
      default -> "other";
    };
  }
}
