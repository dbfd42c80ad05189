package io.platen.api;

import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers for failures in resources and filters. */
public final class ErrorMappers {
  @ServerExceptionMapper
  public Response map(Throwable failure, HttpHeaders headers) {
    var error = Errors.describe(failure);
    var response =
        Response.status(error.code().status())
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(ErrorBody.of(error, headers.getHeaderString("x-client")));
    switch (error.code()) {
      case UNAUTHORIZED -> response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
      case UNAVAILABLE -> response.header(HttpHeaders.RETRY_AFTER, Errors.RETRY_AFTER);
      default -> {}
    }
    if (failure instanceof NotAllowedException e) {
      response.header(HttpHeaders.ALLOW, e.getResponse().getHeaderString(HttpHeaders.ALLOW));
    }
    return response.build();
  }

  @ServerExceptionMapper
  public Response map(ApiException failure, HttpHeaders headers) {
    return map((Throwable) failure, headers);
  }

  @ServerExceptionMapper
  public Response map(jakarta.ws.rs.WebApplicationException failure, HttpHeaders headers) {
    return map((Throwable) failure, headers);
  }
}
