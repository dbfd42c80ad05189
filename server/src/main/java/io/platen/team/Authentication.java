package io.platen.team;

import io.platen.http.RequestUri;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import io.platen.relay.RelayTokens;
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
 * Lets a request pass that carries a good key, is asked by another node with its token, or asks for
 * something public. Its {@link Caller} is kept with it.
 */
@Provider
public final class Authentication implements ContainerRequestFilter {
  private static final String SCHEME = "bearer ";

  private final TeamService teams;
  private final RelayTokens relays;

  public Authentication(TeamService teams, RelayTokens relays) {
    this.teams = teams;
    this.relays = relays;
  }

  @Context @Nullable ResourceInfo resource;

  @Override
  public void filter(ContainerRequestContext request) {
    if (resource != null && resource.getResourceMethod().isAnnotationPresent(Public.class)) {
      return;
    }
    String token = relays.areUsed() ? request.getHeaderString(RelayTokens.HEADER) : null;
    var caller = token == null ? known(request) : relayed(request, token);
    boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    if (caller.readOnly() && !reads) {
      throw Refusal.forbidden("This API key may only read; use another one for changes.");
    }
    if (token == null) {
      Callers.keep(request, caller);
    } else {
      Callers.keepRelayed(request, caller);
    }
  }

  private Caller known(ContainerRequestContext request) {
    return find(request)
        .orElseThrow(
            () ->
                Refusal.unauthenticated(
                    "No valid API key. Send the header \"Authorization: Bearer KEY\"; platen key create makes a key."));
  }

  /** Whom another node asks for; the token allows what is read, and nothing else. */
  private Caller relayed(ContainerRequestContext request, String token) {
    return relays
        .take(token, request.getMethod() + " " + RequestUri.of(request))
        .orElseThrow(
            () ->
                Refusal.unauthenticated(
                    "The token of the header %s is not good for this request at this node."
                        .formatted(RelayTokens.HEADER)));
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
