package io.platen.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.database.Outage;
import io.platen.liveness.OutOfMemory;
import io.platen.model.Refusal;
import io.platen.rest.ApiException;
import io.platen.rest.ErrorBody;
import io.platen.rest.ErrorCode;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.WebApplicationException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Turns whatever went wrong into an answer of the API. */
final class Errors {
  private static final Logger LOG = Logger.getLogger(Errors.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Errors() {}

  /**
   * What a client learns about this failure; what it must not learn goes to the log.
   *
   * @param requestId what both name the failure by
   */
  static ApiException describe(Throwable failure, String requestId) {
    return switch (failure) {
      case ApiException known -> known;
      case Refusal refusal -> ApiException.of(refusal);
      case WebApplicationException e -> ofStatus(e.getResponse().getStatus(), e, requestId);
      default ->
          Outage.isOutage(failure) ? unavailable(failure, requestId) : bug(failure, requestId);
    };
  }

  /** The answer for a status that the HTTP layer chose. */
  static ApiException ofStatus(int status, @Nullable Throwable failure, String requestId) {
    return switch (status) {
      case 401 -> new ApiException(ErrorCode.UNAUTHORIZED, "No valid API key.");
      case 404 ->
          new ApiException(
              ErrorCode.NOT_FOUND, "There is nothing at this path; see /v1/openapi.json.");
      case 405 ->
          new ApiException(ErrorCode.METHOD_NOT_SUPPORTED, "This method is not supported here.");
      case 413 ->
          new ApiException(
              ErrorCode.PAYLOAD_TOO_LARGE,
              "The body is larger than %d bytes.".formatted(HttpLimits.BODY));
      case 414 ->
          new ApiException(
              ErrorCode.BAD_REQUEST,
              "The request line is longer than %d bytes.".formatted(HttpLimits.LINE));
      case 431 ->
          new ApiException(
              ErrorCode.BAD_REQUEST,
              "The headers are longer than %d bytes.".formatted(HttpLimits.HEADERS));
      default -> {
        if (status >= 400 && status < 500) {
          yield new ApiException(ErrorCode.BAD_REQUEST, "This is not a valid HTTP request.");
        }
        yield bug(
            failure == null ? new IllegalStateException("status " + status) : failure, requestId);
      }
    };
  }

  private static ApiException unavailable(Throwable failure, String requestId) {
    LOG.errorf("request %s: the database can't be used: %s", requestId, Outage.words(failure));
    return ApiException.of(
        Refusal.unavailable("The database is not available; try again in a moment.", failure));
  }

  private static ApiException bug(Throwable failure, String requestId) {
    OutOfMemory.endIfItIs(failure);
    LOG.errorf(failure, "request %s failed", requestId);
    return ApiException.because(
        ErrorCode.INTERNAL_SERVER_ERROR,
        "Something went wrong on the server; its log has more under the reference "
            + requestId
            + ".",
        failure);
  }

  /** Sends an error from below the resources, where nothing was sent yet. */
  static void send(HttpServerResponse response, ApiException error, @Nullable String client) {
    if (response.ended() || response.headWritten()) {
      return;
    }
    response.setStatusCode(error.code().status()).putHeader("Content-Type", "application/json");
    if (error.retryAfterSeconds() > 0) {
      response.putHeader("Retry-After", Integer.toString(error.retryAfterSeconds()));
    }
    response.end(json(ErrorBody.of(error, client)));
  }

  private static String json(ErrorBody body) {
    try {
      return MAPPER.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a body of texts can always be written", e);
    }
  }
}
