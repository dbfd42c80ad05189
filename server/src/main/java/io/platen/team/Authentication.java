package io.platen.team;

import io.platen.model.Caller;
import io.platen.model.Refusal;
import io.platen.rest.Callers;
import io.platen.rest.Public;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request pass that carries a good key, or asks for something public. Its {@link Caller} is
 * kept with it.
 */
@Provider
public final class Authentication implements ContainerRequestFilter {
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
                    Refusal.unauthenticated(
                        "No valid API key. Send the header \"Authorization: Bearer KEY\"; platen key create makes a key."));
    boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    if (caller.readOnly() && !reads) {
      throw Refusal.forbidden("This API key may only read; use another one for changes.");
    }
    Callers.keep(request, caller);
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
}
