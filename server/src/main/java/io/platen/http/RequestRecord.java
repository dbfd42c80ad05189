package io.platen.http;

import io.vertx.ext.web.RoutingContext;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What is known of one request, for the access log and for messages about it. */
public final class RequestRecord {
  private static final String KEY = "io.platen.request";

  private final String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  private final long startNanos = System.nanoTime();

  // Written by a worker, read by the event loop.
  private volatile @Nullable String route;
  private volatile @Nullable String teamId;
  private volatile @Nullable String keyId;

  RequestRecord() {}

  /** Begins the record of a request. */
  static RequestRecord begin(RoutingContext context) {
    var record = new RequestRecord();
    context.put(KEY, record);
    return record;
  }

  /** The record of a request that may have failed before the first route, and so has none yet. */
  static RequestRecord ofFailed(RoutingContext context) {
    RequestRecord record = context.get(KEY);
    return record == null ? begin(context) : record;
  }

  /** The record of a request that is under way. */
  public static RequestRecord of(RoutingContext context) {
    RequestRecord record = context.get(KEY);
    if (record == null) {
      throw new IllegalStateException("a request that did not come through the listener");
    }
    return record;
  }

  /** The reference by which the answer, the access log and the log name this request. */
  public String id() {
    return id;
  }

  long startNanos() {
    return startNanos;
  }

  /** The path with its parameters unfilled, such as {@code /v1/machines/{id}}. */
  public @Nullable String route() {
    return route;
  }

  /** Tells which endpoint answers it. */
  public void route(String template) {
    route = template;
  }

  @Nullable String teamId() {
    return teamId;
  }

  @Nullable String keyId() {
    return keyId;
  }

  /** Tells whose request it is. */
  public void caller(String team, String key) {
    teamId = team;
    keyId = key;
  }
}
