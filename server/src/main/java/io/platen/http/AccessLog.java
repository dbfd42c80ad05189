package io.platen.http;

import io.platen.config.TrustedProxies;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One line of JSON for each request, in the log category {@code io.platen.access}. It names the key
 * by its id and the path by its template, so that neither a secret nor anything a client made up
 * gets into it.
 */
@Singleton
public final class AccessLog {
  private static final Logger LOG = Logger.getLogger("io.platen.access");

  private static final String FORWARDED_FOR = "X-Forwarded-For";

  private final TrustedProxies proxies;

  public AccessLog(TrustedProxies proxies) {
    this.proxies = proxies;
  }

  /**
   * Writes the line of a request that is over.
   *
   * @param complete whether its answer was sent to the end
   */
  void write(RequestRecord record, HttpServerRequest request, boolean complete) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    var response = request.response();
    var line = new StringBuilder(256);
    line.append("{\"time\":\"").append(Instant.now());
    line.append("\",\"id\":\"").append(record.id());
    line.append("\",\"method\":\"").append(RequestTimes.method(request)).append('"');
    text(line, "route", record.route());
    line.append(",\"status\":").append(response.headWritten() ? response.getStatusCode() : 0);
    line.append(",\"complete\":").append(complete);
    text(line, "team", record.teamId());
    text(line, "key", record.keyId());
    line.append(",\"bytesIn\":").append(request.bytesRead());
    line.append(",\"bytesOut\":").append(response.bytesWritten());
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - record.startNanos());
    line.append(",\"millis\":").append(micros / 1000.0);
    text(line, "remote", remote(request));
    LOG.info(line.append('}'));
  }

  /**
   * The address that a request comes from: behind proxies that are trusted, the last one in their
   * list that none of them has. A client can write whatever it likes before that.
   */
  private @Nullable String remote(HttpServerRequest request) {
    var peer = request.remoteAddress();
    if (peer == null) {
      return null;
    }
    var addresses = new ArrayDeque<String>();
    for (var header : request.headers().getAll(FORWARDED_FOR)) {
      for (var address : header.split(",", -1)) {
        addresses.push(address.strip());
      }
    }
    String known = peer.hostAddress();
    while (known != null && proxies.include(known) && !addresses.isEmpty()) {
      String before = addresses.pop();
      if (!TrustedProxies.isAddress(before)) {
        break;
      }
      known = before;
    }
    return known;
  }

  /** None of these texts holds anything that JSON would have to escape. */
  private static void text(StringBuilder line, String name, @Nullable String value) {
    line.append(",\"").append(name).append("\":");
    if (value == null) {
      line.append("null");
    } else {
      line.append('"').append(value).append('"');
    }
  }
}
