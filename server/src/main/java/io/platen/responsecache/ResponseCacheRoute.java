package io.platen.responsecache;

import io.platen.http.RequestRecord;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import io.platen.team.Authentication;
import io.platen.team.RateLimiter;
import io.platen.team.TeamService;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * Answers on the event loop what was answered before. Whoever asks is authenticated and counted as
 * elsewhere; what can't be answered here goes on its way.
 */
public final class ResponseCacheRoute {
  static final String COMMITS = "io.platen.commits";

  private final ResponseCache cache;
  private final TeamService teams;
  private final RateLimiter limiter;

  public ResponseCacheRoute(ResponseCache cache, TeamService teams, RateLimiter limiter) {
    this.cache = cache;
    this.teams = teams;
    this.limiter = limiter;
  }

  /**
   * Puts it where requests come along before a thread works on them.
   *
   * @param order where it is among the routes
   */
  public void guard(Router router, int order) {
    router.route("/v1/*").method(HttpMethod.GET).order(order).handler(this::handle);
  }

  private void handle(RoutingContext context) {
    var commits = cache.commits();
    if (commits.isEmpty()) {
      context.next();
      return;
    }
    var caller = caller(context);
    var response =
        caller.flatMap(
            known -> cache.find(known.teamId(), context.request().uri(), commits.getAsLong()));
    if (response.isPresent()) {
      send(context, caller.orElseThrow(), response.get());
    } else {
      context.put(COMMITS, commits.getAsLong());
      context.next();
    }
  }

  /** More than one header is no key, here as elsewhere. */
  private Optional<Caller> caller(RoutingContext context) {
    var headers = context.request().headers().getAll("Authorization");
    return headers.size() == 1
        ? Authentication.secret(headers.getFirst()).flatMap(teams::lately)
        : Optional.empty();
  }

  private void send(RoutingContext context, Caller caller, CachedResponse response) {
    var record = RequestRecord.of(context);
    record.route(response.route());
    record.caller(caller.teamId(), caller.keyId());
    try {
      limiter.check(caller);
    } catch (Refusal e) {
      context.fail(e);
      return;
    }
    context.response().putHeader("Content-Type", response.contentType()).end(response.body());
  }
}
