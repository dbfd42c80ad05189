package io.platen.http;

import io.platen.model.Refusal;
import io.platen.rest.ApiException;
import io.platen.rest.ErrorCode;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * What every request passes before Quarkus' routes see it: it gets an id and a line in the access
 * log, it is refused while the server ends or there is no memory for it, and its body is read and
 * its turn is waited for without holding a thread.
 */
@Singleton
public final class Gate {
  private static final Logger LOG = Logger.getLogger(Gate.class);
  static final String REQUEST_ID = "X-Request-Id";

  private static final String QUARKUS_JSON = "application/json;charset=UTF-8";

  /** Before every route of Quarkus'. */
  private static final int FIRST = Integer.MIN_VALUE + 1;

  /** Probes must get an answer however busy the server is; it is a few bytes. */
  private static final Set<String> PROBES =
      Set.of("/v1/health", "/health", "/health/live", "/health/ready");

  private final Admission admission;
  private final RequestTimes times;
  private final AccessLog log;
  private final AllowedMethods methods;
  private final Readers readers = new Readers(HttpLimits.READS, HttpLimits.READERS);
  private final Bulkhead changes = new Bulkhead(HttpLimits.CHANGES);

  public Gate(Admission admission, RequestTimes times, AccessLog log, AllowedMethods methods) {
    this.methods = methods;
    this.admission = admission;
    this.log = log;
    this.times = times;
  }

  /** Puts the gate before the routes that are there and those that come; Quarkus calls it. */
  void guard(@Observes Router router) {
    router.route().order(FIRST).failureHandler(this::fail).handler(this::admit);
    router
        .route()
        .order(FIRST + 1)
        .handler(BodyHandler.create(false).setBodyLimit(HttpLimits.BODY));
    router.route().order(FIRST + 2).handler(Gate::received);
    router.route("/v1/*").order(FIRST + 3).handler(this::work);
    // A path that is no URL fails before any route.
    router.errorHandler(400, this::fail);
  }

  private void admit(RoutingContext context) {
    var record = RequestRecord.begin(context);
    var request = context.request();
    context.response().putHeader(REQUEST_ID, record.id());
    if (!admission.enter()) {
      context.addEndHandler(sent -> ended(record, request, sent.succeeded()));
      refuse(context, unavailable("The server is shutting down; try again in a moment."));
      return;
    }
    long body = bodySize(request);
    boolean counts = body > HttpLimits.SMALL_BODY;
    boolean admitted = !counts || admission.bodies().take(body);
    context.addEndHandler(
        sent -> {
          admission.leave();
          if (counts && admitted) {
            admission.bodies().giveBack(body);
          }
          ended(record, request, sent.succeeded());
        });
    if (!admitted) {
      refuse(
          context,
          unavailable("The server is receiving too much at the moment; try again in a moment."));
      return;
    }
    if (refusedForAnswers(context)) {
      return;
    }
    // Quarkus would answer OPTIONS without a body, and take any method for its own paths.
    if (request.method().equals(HttpMethod.OPTIONS)
        || (!isReading(context) && AllowedMethods.isUnguarded(context.normalizedPath()))) {
      refuseMethod(context);
      return;
    }
    normalize(context);
    context.addHeadersEndHandler(_ -> nameJson(context.response()));
    context.next();
  }

  /** JSON has no charset (RFC 8259, section 11); Quarkus gives it one where it succeeds. */
  private static void nameJson(HttpServerResponse response) {
    if (QUARKUS_JSON.equals(response.headers().get("Content-Type"))) {
      response.putHeader("Content-Type", "application/json");
    }
  }

  private void refuseMethod(RoutingContext context) {
    var allowed = methods.at(context.normalizedPath());
    if (allowed.isEmpty()) {
      context.fail(404);
      return;
    }
    context.response().putHeader("Allow", String.join(", ", allowed));
    Errors.send(
        context.response(),
        AllowedMethods.refusal(context.request().method().name(), allowed),
        context.request().getHeader("x-client"));
  }

  /** Refuses a request where the answers that clients do not take fill the memory for them. */
  private boolean refusedForAnswers(RoutingContext context) {
    boolean refused = admission.answers().isSpent() && !PROBES.contains(context.normalizedPath());
    if (refused) {
      refuse(
          context,
          unavailable("The server is sending too much at the moment; try again in a moment."));
    }
    return refused;
  }

  /** Lets a request be worked on, when it is its turn. */
  private void work(RoutingContext context) {
    if (PROBES.contains(context.normalizedPath())) {
      context.next();
      return;
    }
    if (isReading(context)) {
      readers.begin(context, () -> begin(context));
      return;
    }
    var loop = context.vertx().getOrCreateContext();
    changes.enter(() -> loop.runOnContext(entered -> beginChange(context)));
  }

  private static boolean isReading(RoutingContext context) {
    var method = context.request().method();
    return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
  }

  private void beginChange(RoutingContext context) {
    var working = new AtomicBoolean(true);
    Handler<Object> done =
        event -> {
          if (working.getAndSet(false)) {
            changes.leave();
          }
        };
    if (isGone(context)) {
      done.handle(context);
      return;
    }
    // What comes after the head of an answer is up to the client.
    context.addHeadersEndHandler(done::handle);
    context.addEndHandler(done::handle);
    begin(context);
  }

  private void begin(RoutingContext context) {
    if (!isGone(context) && !refusedForAnswers(context)) {
      context.next();
    }
  }

  /** Whether the client has hung up, or was disconnected, while the request waited. */
  private static boolean isGone(RoutingContext context) {
    return context.response().ended() || context.response().closed();
  }

  private void ended(RequestRecord record, HttpServerRequest request, boolean complete) {
    log.write(record, request, complete);
    times.count(record, request, complete);
  }

  /**
   * An empty body is a body. Without one Quarkus would read the request again, and wait for an end
   * that was seen already.
   */
  private static void received(RoutingContext context) {
    if (BrokenMessages.isBroken(context.request())) {
      refuse(
          context,
          new ApiException(
              ErrorCode.BAD_REQUEST, "The body's chunks are not as HTTP/1.1 has them."));
      return;
    }
    if (context.body().buffer() == null && context instanceof RoutingContextInternal request) {
      request.setBody(Buffer.buffer());
    }
    context.next();
  }

  /** The most that this request's body can take in memory. */
  private static long bodySize(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    if (length == null) {
      return request.getHeader("Transfer-Encoding") == null ? 0 : HttpLimits.BODY;
    }
    try {
      return Math.clamp(Long.parseLong(length.strip()), 0, HttpLimits.BODY);
    } catch (NumberFormatException e) {
      // Netty has refused it already, or will; until then it counts as the longest.
      return HttpLimits.BODY;
    }
  }

  private static ApiException unavailable(String message) {
    return ApiException.of(Refusal.unavailable(message, null));
  }

  private static void refuse(RoutingContext context, ApiException error) {
    context.response().putHeader("Connection", "close");
    Errors.send(context.response(), error, context.request().getHeader("x-client"));
  }

  /**
   * Clients send JSON under any Content-Type and take it under any Accept; nothing else is spoken
   * here, so neither header decides anything. Both would otherwise be answered 415 or 406, and a
   * form would be parsed as one.
   */
  private static void normalize(RoutingContext context) {
    if (context.normalizedPath().startsWith("/v1/")) {
      var headers = context.request().headers();
      headers.set("Content-Type", "application/json");
      headers.set("Accept", "application/json");
    }
  }

  private void fail(RoutingContext context) {
    var failure = context.failure();
    int status = context.statusCode();
    var record = RequestRecord.ofFailed(context);
    if (!context.response().headers().contains(REQUEST_ID)) {
      // It failed before the first route, as a target that is no path does.
      context.response().putHeader(REQUEST_ID, record.id());
      context.addEndHandler(sent -> ended(record, context.request(), sent.succeeded()));
    }
    if (failure instanceof HttpClosedException
        || (failure instanceof IOException && Channels.isGone(context.request()))) {
      LOG.debugf("request %s: the client is gone", record.id());
      return;
    }
    String id = record.id();
    var error =
        failure == null || (status >= 400 && status < 500)
            ? Errors.ofStatus(status, failure, id)
            : Errors.describe(failure, id);
    var request = context.request();
    if (error.code() == ErrorCode.PAYLOAD_TOO_LARGE) {
      // The rest of the body is not read.
      context.response().putHeader("Connection", "close");
    }
    Errors.send(context.response(), error, request.getHeader("x-client"));
  }

  /** Ends the threads that requests are worked on by, once no more come. */
  void close() {
    readers.close();
  }

  /** Answers what could not be read as a request. */
  void refuseInvalid(HttpServerRequest request) {
    var cause = request.decoderResult().cause();
    if (cause instanceof RequestDecoder.TooManyHeaders) {
      refuse(request, "There are more than %d headers.".formatted(HttpLimits.HEADER_LINES));
      return;
    }
    int status =
        cause instanceof io.netty.handler.codec.http.TooLongHttpLineException
            ? 414
            : cause instanceof io.netty.handler.codec.http.TooLongHttpHeaderException ? 431 : 400;
    refuse(request, record -> Errors.ofStatus(status, cause, record.id()));
  }

  /** Answers a request that has a problem which Netty does not see. */
  void refuse(HttpServerRequest request, String problem) {
    refuse(request, record -> new ApiException(ErrorCode.BAD_REQUEST, problem));
  }

  /** Answers below the router, and takes no further request on that connection. */
  private void refuse(HttpServerRequest request, Function<RequestRecord, ApiException> error) {
    var record = new RequestRecord();
    var connection = request.connection();
    var response = request.response();
    response
        .putHeader("Connection", "close")
        .putHeader(REQUEST_ID, record.id())
        .endHandler(
            sent -> {
              ended(record, request, true);
              connection.close();
            });
    Errors.send(response, error.apply(record), request.getHeader("x-client"));
  }
}
