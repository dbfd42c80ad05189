package io.platen.rest;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Sends an earlier answer once more. */
public final class AnsweredBeforeMapper {
  /** Tells a client that cares that nothing was done this time. */
  static final String REPLAYED = "Idempotent-Replayed";

  @ServerExceptionMapper
  public Response map(AnsweredBefore before, HttpHeaders headers) {
    return Response.status(before.answer().status())
        .type(MediaType.APPLICATION_JSON_TYPE)
        .header(REPLAYED, "true")
        .entity(before.answer().bodyFor(headers.getHeaderString("x-client")))
        .build();
  }
}
