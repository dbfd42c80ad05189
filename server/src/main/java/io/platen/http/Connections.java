package io.platen.http;

import io.platen.config.HttpTimes;
import io.platen.rest.ApiException;
import io.platen.rest.ErrorCode;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop, with time limits: a client that sends too slowly, or nothing
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
    private final PipeliningGuard turns;

    Watched(PipeliningGuard turns, long now) {
      this.turns = turns;
      since = now;
    }
  }

  private enum State {
    /** Opened, and no request received yet. */
    FRESH,
    IDLE,
    RECEIVING,
    WORKING,
    /** The answer was written, and the client is taking it. */
    ANSWERING,
    /** Answered, but still sending. */
    LINGERING,
    /** Received and answered, and the answer says that the connection ends. */
    OVER
  }

  private final int maximum;
  private final HttpTimes times;
  private final Admission admission;
  private final Map<HttpConnection, Watched> open = new HashMap<>();

  /**
   * @param maximum where there are more, the one that is idle for longest has to go
   */
  Connections(int maximum, HttpTimes times, Admission admission) {
    this.maximum = maximum;
    this.admission = admission;
    this.times = times;
  }

  void opened(HttpConnection connection, PipeliningGuard turns, long now) {
    open.put(connection, new Watched(turns, now));
    Channels.onClose(connection, () -> open.remove(connection));
    if (open.size() > maximum) {
      Channels.cut(longestIdle());
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
          } else if (now - watched.since > limit(state).toNanos()) {
            over.put(connection, watched);
          }
        });
    over.forEach(this::disconnect);
  }

  private void disconnect(HttpConnection connection, Watched watched) {
    var request = watched.request;
    if (request != null && watched.state == State.RECEIVING) {
      request.response().putHeader("Connection", "close");
      Errors.send(
          request.response(),
          new ApiException(
              ErrorCode.BAD_REQUEST,
              "The request did not arrive within %d seconds."
                  .formatted(times.receive().toSeconds())),
          request.getHeader("x-client"));
      // Whoever does not take that either lingers, and is cut.
      connection.close();
    } else {
      Channels.cut(connection);
    }
  }

  private Duration limit(State state) {
    return switch (state) {
      case FRESH, RECEIVING -> times.receive();
      case IDLE -> times.idle();
      case WORKING -> times.answer();
      case ANSWERING -> admission.answers().isSpent() ? HttpLimits.SPENT : times.answer();
      case LINGERING -> HttpLimits.LINGER;
      case OVER -> Duration.ZERO;
    };
  }

  private static State state(Watched watched) {
    var request = watched.request;
    if (request == null) {
      return watched.state;
    }
    // Vert.x would say of a request that waits for a thread that it has not ended.
    boolean receiving = watched.turns.isReceiving();
    if (request.response().ended() || request.response().closed()) {
      if (receiving) {
        return State.LINGERING;
      }
      if (watched.turns.isAnswering()) {
        return State.ANSWERING;
      }
      // Vert.x ends a connection where the client asks for that, not where the answer says so.
      if (request.response().headers().contains("Connection", "close", true)) {
        return State.OVER;
      }
      watched.request = null;
      return State.IDLE;
    }
    return receiving ? State.RECEIVING : State.WORKING;
  }
}
