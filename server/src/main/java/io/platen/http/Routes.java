package io.platen.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ResourceInfo;
import java.lang.reflect.Method;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/** Notes which endpoint answered a request. There are as many as there are resource methods. */
public final class Routes {
  private final ConcurrentHashMap<Method, String> templates = new ConcurrentHashMap<>();

  @ServerResponseFilter
  public void filter(
      ContainerRequestContext request,
      ContainerResponseContext response,
      RoutingContext context,
      @Nullable ResourceInfo resource) {
    if (resource != null && resource.getResourceMethod() != null) {
      RequestRecord.of(context)
          .route(templates.computeIfAbsent(resource.getResourceMethod(), Routes::template));
    }
  }

  private static String template(Method method) {
    var onClass = method.getDeclaringClass().getAnnotation(Path.class);
    var onMethod = method.getAnnotation(Path.class);
    return (onClass == null ? "" : onClass.value()) + (onMethod == null ? "" : onMethod.value());
  }
}
