package io.platen.api;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop, with an eye on the clock: whoever sends too slowly, or nothing
 * at all, is disconnected. Used by that event loop alone.
 *
 * <p>A connection is looked at when {@link #sweep} is called, once a second; until then a request
 * costs no more than two assignments.
 */
final class Connections {
  private static final class Watched {
    /** When the present state began, as far as sweeps have seen. */
    private long since;

    private State state = State.FRESH;
    private @Nullable HttpServerRequest request;

    Watched(long now) {
      since = now;
    }
  }

  private enum State {
    /** Opened, and no request received yet. */
    FRESH(HttpLimits.RECEIVE.toNanos()),
    IDLE(HttpLimits.IDLE.toNanos()),
    /** Answered, but still sending. */
    LINGERING(HttpLimits.LINGER.toNanos()),
    RECEIVING(HttpLimits.RECEIVE.toNanos()),
    ANSWERING(HttpLimits.ANSWER.toNanos());

    private final long limit;

    State(long limit) {
      this.limit = limit;
    }
  }

  private final int maximum;
  private final Map<HttpConnection, Watched> open = new HashMap<>();

  /**
   * @param maximum where there are more, the one that is idle for longest has to go
   */
  Connections(int maximum) {
    this.maximum = maximum;
  }

  void opened(HttpConnection connection, long now) {
    open.put(connection, new Watched(now));
    BrokenMessages.onClose(connection, () -> open.remove(connection));
    if (open.size() > maximum) {
      longestIdle().close();
    }
  }

  /** The head of a request is there. */
  void received(HttpServerRequest request, long now) {
    var watched = open.get(request.connection());
    if (watched != null) {
      watched.request = request;
      watched.state = State.RECEIVING;
      watched.since = now;
    }
  }

  /** Where none is idle, the one that takes longest. */
  private HttpConnection longestIdle() {
    return Collections.min(
            open.entrySet(),
            Comparator.<Map.Entry<HttpConnection, Watched>, Boolean>comparing(
                    entry -> entry.getValue().request != null)
                .thenComparingLong(entry -> entry.getValue().since))
        .getKey();
  }

  /** Disconnects those whose time is over. */
  void sweep(long now) {
    var over = new HashMap<HttpConnection, Watched>();
    open.forEach(
        (connection, watched) -> {
          var state = state(watched);
          if (state != watched.state) {
            watched.state = state;
            watched.since = now;
          } else if (now - watched.since > state.limit) {
            over.put(connection, watched);
          }
        });
    over.forEach(Connections::disconnect);
  }

  private static void disconnect(HttpConnection connection, Watched watched) {
    var request = watched.request;
    if (request != null && watched.state == State.RECEIVING) {
      request.response().putHeader("Connection", "close");
      Errors.send(
          request.response(),
          new ApiException(
              ErrorCode.BAD_REQUEST,
              "The request did not arrive within %d seconds."
                  .formatted(HttpLimits.RECEIVE.toSeconds())),
          request.getHeader("x-client"));
    }
    connection.close();
  }

  private static State state(Watched watched) {
    var request = watched.request;
    if (request == null) {
      return watched.state;
    }
    if (request.response().ended() || request.response().closed()) {
      if (!request.isEnded()) {
        return State.LINGERING;
      }
      watched.request = null;
      return State.IDLE;
    }
    return request.isEnded() ? State.ANSWERING : State.RECEIVING;
  }
}
