package io.platen.team;

import io.platen.rest.Callers;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses the requests of a key that sends too many. Public endpoints are not counted, nor what
 * another node hands on, which has counted it.
 */
public final class RateLimitFilter {
  private final RateLimiter limiter;

  public RateLimitFilter(RateLimiter limiter) {
    this.limiter = limiter;
  }

  /** Runs after {@link Authentication}, which has the priority {@link Priorities#USER}. */
  @ServerRequestFilter(priority = Priorities.USER + 1)
  public void filter(ContainerRequestContext request) {
    if (!Callers.isRelayed(request)) {
      Callers.find(request).ifPresent(limiter::check);
    }
  }
}
