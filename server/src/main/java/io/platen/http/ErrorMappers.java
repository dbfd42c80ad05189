package io.platen.http;

import io.platen.model.Refusal;
import io.platen.rest.ApiException;
import io.platen.rest.ErrorBody;
import io.platen.rest.ErrorCode;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers for failures in resources and filters. */
public final class ErrorMappers {
  private final AllowedMethods methods;

  public ErrorMappers(AllowedMethods methods) {
    this.methods = methods;
  }

  @ServerExceptionMapper
  public Response map(Throwable failure, HttpHeaders headers, RoutingContext context) {
    if (failure instanceof NotAllowedException) {
      var allowed = methods.at(context.normalizedPath());
      var refused = AllowedMethods.refusal(context.request().method().name(), allowed);
      return response(refused, headers)
          .header(HttpHeaders.ALLOW, String.join(", ", allowed))
          .build();
    }
    var error = Errors.describe(failure, RequestRecord.of(context).id());
    var response = response(error, headers);
    if (error.code() == ErrorCode.UNAUTHORIZED) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
    if (error.retryAfterSeconds() > 0) {
      response.header(HttpHeaders.RETRY_AFTER, error.retryAfterSeconds());
    }
    return response.build();
  }

  private static Response.ResponseBuilder response(ApiException error, HttpHeaders headers) {
    return Response.status(error.code().status())
        .type(MediaType.APPLICATION_JSON_TYPE)
        .entity(ErrorBody.of(error, headers.getHeaderString("x-client")));
  }

  @ServerExceptionMapper
  public Response map(ApiException failure, HttpHeaders headers, RoutingContext context) {
    return map((Throwable) failure, headers, context);
  }

  @ServerExceptionMapper
  public Response map(Refusal failure, HttpHeaders headers, RoutingContext context) {
    return map((Throwable) failure, headers, context);
  }

  @ServerExceptionMapper
  public Response map(
      WebApplicationException failure, HttpHeaders headers, RoutingContext context) {
    return map((Throwable) failure, headers, context);
  }
}
