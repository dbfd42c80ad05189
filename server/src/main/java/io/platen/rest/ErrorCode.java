package io.platen.rest;

import io.platen.model.Refusal;

/**
 * Every error the API answers with: the code that clients see, and the HTTP status that goes with
 * it.
 */
public enum ErrorCode {
  BAD_REQUEST(400),
  PARSE_ERROR(400),
  UNAUTHORIZED(401),
  FORBIDDEN(403),
  NOT_FOUND(404),
  METHOD_NOT_SUPPORTED(405),
  CONFLICT(409),
  PRECONDITION_FAILED(412),
  PAYLOAD_TOO_LARGE(413),
  TOO_MANY_REQUESTS(429),
  INTERNAL_SERVER_ERROR(500),
  /** The database or the store is down; clients know it under the code of a server's failure. */
  UNAVAILABLE(503);

  private final int status;

  ErrorCode(int status) {
    this.status = status;
  }

  /** The error that a service's refusal is answered with. */
  static ErrorCode of(Refusal.Reason reason) {
    return switch (reason) {
      case INVALID -> BAD_REQUEST;
      case UNAUTHENTICATED -> UNAUTHORIZED;
      case FORBIDDEN -> FORBIDDEN;
      case NOT_FOUND -> NOT_FOUND;
      case CONFLICT -> CONFLICT;
      case UNSUPPORTED -> PRECONDITION_FAILED;
      case TOO_MANY -> TOO_MANY_REQUESTS;
      case UNAVAILABLE -> UNAVAILABLE;
    };
  }

  public int status() {
    return status;
  }

  /** The code as it stands in the body. */
  public String code() {
    return this == UNAVAILABLE ? INTERNAL_SERVER_ERROR.name() : name();
  }
}
