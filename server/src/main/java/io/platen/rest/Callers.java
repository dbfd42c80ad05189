package io.platen.rest;

import io.platen.model.Caller;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.Optional;

/** The callers of requests, as authentication found them. */
public final class Callers {
  private static final String KEY = "io.platen.caller";
  private static final String RELAYED = "io.platen.relayed";

  private Callers() {}

  /** Keeps the caller with the request. */
  public static void keep(ContainerRequestContext request, Caller caller) {
    request.setProperty(KEY, caller);
  }

  /** As {@link #keep}, of a request that another node hands on, which has counted it. */
  public static void keepRelayed(ContainerRequestContext request, Caller caller) {
    keep(request, caller);
    request.setProperty(RELAYED, true);
  }

  /** Whether another node has handed the request on. */
  public static boolean isRelayed(ContainerRequestContext request) {
    return request.getProperty(RELAYED) != null;
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
