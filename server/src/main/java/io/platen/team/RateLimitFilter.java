package io.platen.team;

import io.platen.api.ApiException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Refuses the requests of a key that sends too many. Public endpoints are not counted. */
public final class RateLimitFilter {
  private final RateLimiter limiter;

  public RateLimitFilter(RateLimiter limiter) {
    this.limiter = limiter;
  }

  /** Runs after {@link Authentication}, which has the priority {@link Priorities#USER}. */
  @ServerRequestFilter(priority = Priorities.USER + 1)
  public void filter(ContainerRequestContext request) {
    Authentication.callerOf(request)
        .map(caller -> limiter.count(caller.keyId()))
        .ifPresent(this::check);
  }

  private void check(int seconds) {
    if (seconds > 0) {
      throw ApiException.tooMany(
          "Too many requests with this API key: %s are allowed. Try again in %d s."
              .formatted(limiter.describe(), seconds),
          seconds);
    }
  }
}
