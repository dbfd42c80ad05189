package io.platen.responsecache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.http.RequestUri;
import io.platen.rest.Callers;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/**
 * Gives the answers of {@link Cacheable} endpoints again. Whoever asks was authenticated and
 * counted before, as for every other request.
 */
public final class ResponseCacheFilter {
  private static final String COMMITS = "io.platen.commits";
  private static final int OK = 200;

  private final ResponseCache cache;
  private final ObjectMapper mapper;

  /** The mapper is the one that answers are written with. */
  public ResponseCacheFilter(ResponseCache cache, ObjectMapper mapper) {
    this.cache = cache;
    this.mapper = mapper;
  }

  /**
   * Runs after {@link io.platen.team.Authentication} and {@link io.platen.team.RateLimitFilter}.
   *
   * @return null where the answer has to be made
   */
  @ServerRequestFilter(priority = Priorities.USER + 2)
  public @Nullable Response find(ContainerRequestContext request, ResourceInfo resource) {
    if (!request.getMethod().equals(HttpMethod.GET)
        || !resource.getResourceMethod().isAnnotationPresent(Cacheable.class)) {
      return null;
    }
    var commits = cache.commits();
    if (commits.isEmpty()) {
      return null;
    }
    var known = cache.find(Callers.of(request), RequestUri.of(request), commits.getAsLong());
    if (known.isEmpty()) {
      request.setProperty(COMMITS, commits.getAsLong());
      return null;
    }
    return Response.ok(known.get().body(), known.get().type()).build();
  }

  /** Keeps what was found nowhere. */
  @ServerResponseFilter
  public void keep(ContainerRequestContext request, ContainerResponseContext response)
      throws JsonProcessingException {
    if (!(request.getProperty(COMMITS) instanceof Long commits) || response.getStatus() != OK) {
      return;
    }
    byte[] json = mapper.writeValueAsBytes(response.getEntity());
    if (json.length <= ResponseCache.MAXIMUM_BODY) {
      cache.put(
          Callers.of(request),
          RequestUri.of(request),
          new CachedResponse(commits, response.getMediaType(), json));
    }
    response.setEntity(json);
  }
}
