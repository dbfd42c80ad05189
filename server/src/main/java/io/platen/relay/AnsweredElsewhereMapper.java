package io.platen.relay;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Sends the answer of another node. */
public final class AnsweredElsewhereMapper {
  @ServerExceptionMapper
  public Response map(AnsweredElsewhere elsewhere) {
    var response =
        Response.status(elsewhere.status())
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(elsewhere.body());
    if (elsewhere.retryAfter() != null) {
      response.header(HttpHeaders.RETRY_AFTER, elsewhere.retryAfter());
    }
    return response.build();
  }
}
