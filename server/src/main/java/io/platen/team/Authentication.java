package io.platen.team;

import io.platen.api.ApiException;
import io.platen.api.ErrorCode;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request pass that carries a good key, or asks for something public. What is found is kept
 * with the request; see {@link #caller}.
 */
@Provider
public final class Authentication implements ContainerRequestFilter {
  private static final String CALLER = "io.platen.caller";
  private static final String SCHEME = "bearer ";

  private final TeamService teams;

  public Authentication(TeamService teams) {
    this.teams = teams;
  }

  @Context @Nullable ResourceInfo resource;

  @Override
  public void filter(ContainerRequestContext request) {
    if (resource != null && resource.getResourceMethod().isAnnotationPresent(Public.class)) {
      return;
    }
    var caller =
        find(request)
            .orElseThrow(
                () ->
                    new ApiException(
                        ErrorCode.UNAUTHORIZED,
                        "No valid API key. Send the header \"Authorization: Bearer KEY\"; platen key create makes a key."));
    boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    if (caller.readOnly() && !reads) {
      throw new ApiException(
          ErrorCode.FORBIDDEN, "This API key may only read; use another one for changes.");
    }
    request.setProperty(CALLER, caller);
  }

  /** Who holds the key that the request carries. */
  public Optional<Caller> find(ContainerRequestContext request) {
    return secret(request.getHeaderString("Authorization")).flatMap(teams::authenticate);
  }

  /** The key in an Authorization header. */
  public static Optional<String> secret(@Nullable String header) {
    return header == null || !header.toLowerCase(Locale.ROOT).startsWith(SCHEME)
        ? Optional.empty()
        : Optional.of(header.substring(SCHEME.length()).strip());
  }

  /** The caller of a request that has passed this filter. */
  public static Caller caller(ContainerRequestContext request) {
    return callerOf(request)
        .orElseThrow(() -> new IllegalStateException("the request did not pass authentication"));
  }

  /** As {@link #caller}; empty for a request that needs no key, or was refused. */
  static Optional<Caller> callerOf(ContainerRequestContext request) {
    return request.getProperty(CALLER) instanceof Caller caller
        ? Optional.of(caller)
        : Optional.empty();
  }
}
