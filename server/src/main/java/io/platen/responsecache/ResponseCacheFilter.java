package io.platen.responsecache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.http.RequestRecord;
import io.platen.rest.Callers;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ResourceInfo;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/** Keeps the answers of {@link Cacheable} endpoints. */
public final class ResponseCacheFilter {
  private static final int OK = 200;

  private final ResponseCache cache;
  private final ObjectMapper mapper;

  /** The mapper is the one that answers are written with. */
  public ResponseCacheFilter(ResponseCache cache, ObjectMapper mapper) {
    this.cache = cache;
    this.mapper = mapper;
  }

  /**
   * Runs after {@link io.platen.http.Routes}: filters of answers run from the highest priority
   * down.
   */
  @ServerResponseFilter(priority = Priorities.USER - 1)
  public void filter(
      ContainerRequestContext request,
      ContainerResponseContext response,
      RoutingContext context,
      @Nullable ResourceInfo resource)
      throws JsonProcessingException {
    Long commits = context.get(ResponseCacheRoute.COMMITS);
    String route = RequestRecord.of(context).route();
    if (commits == null
        || route == null
        || response.getStatus() != OK
        || resource == null
        || !resource.getResourceMethod().isAnnotationPresent(Cacheable.class)) {
      return;
    }
    byte[] json = mapper.writeValueAsBytes(response.getEntity());
    if (json.length <= ResponseCache.MAXIMUM_BODY) {
      cache.put(
          Callers.of(request).teamId(),
          context.request().uri(),
          new CachedResponse(
              commits, route, response.getMediaType().toString(), Buffer.buffer(json)));
    }
    response.setEntity(json);
  }
}
