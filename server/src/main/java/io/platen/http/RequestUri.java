package io.platen.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Keeps with a request its path and query as the client sent them, for who knows no Vert.x. */
public final class RequestUri {
  private static final String KEY = "io.platen.uri";

  @ServerRequestFilter(priority = Priorities.USER - 1)
  public void filter(ContainerRequestContext request, RoutingContext context) {
    request.setProperty(KEY, context.request().uri());
  }

  /** Path and query of a request, not decoded. */
  public static String of(ContainerRequestContext request) {
    if (request.getProperty(KEY) instanceof String uri) {
      return uri;
    }
    throw new IllegalStateException("a request that did not come through the listener");
  }
}
