package io.platen.rest;

import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.Optional;

/** Who sends a request: the key, and the team it acts for. */
public record Caller(String keyId, String teamId, String teamName, boolean readOnly) {
  private static final String KEY = "io.platen.caller";

  /** Keeps it with the request. */
  public void keep(ContainerRequestContext request) {
    request.setProperty(KEY, this);
  }

  /** The caller of a request that has passed authentication. */
  public static Caller of(ContainerRequestContext request) {
    return find(request)
        .orElseThrow(() -> new IllegalStateException("the request did not pass authentication"));
  }

  /** As {@link #of}; empty for a request that needs no key, or was refused. */
  public static Optional<Caller> find(ContainerRequestContext request) {
    return request.getProperty(KEY) instanceof Caller caller
        ? Optional.of(caller)
        : Optional.empty();
  }
}
