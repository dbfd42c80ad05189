package io.platen.http;

import io.platen.rest.Callers;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Notes for the access log whose request it was. */
public final class CallerRecord {
  @ServerResponseFilter
  public void filter(
      ContainerRequestContext request, ContainerResponseContext response, RoutingContext context) {
    Callers.find(request)
        .ifPresent(caller -> RequestRecord.of(context).caller(caller.teamId(), caller.keyId()));
  }
}
