package io.platen.relay;

import org.jspecify.annotations.Nullable;

/** Another node has answered the request: that goes to the client as it is. */
final class AnsweredElsewhere extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final transient byte[] body;
  private final @Nullable String retryAfter;

  /**
   * @param body JSON
   * @param retryAfter the header of that name; null where there was none
   */
  AnsweredElsewhere(int status, byte[] body, @Nullable String retryAfter) {
    super("answered by another node", null, false, false);
    this.status = status;
    this.body = body.clone();
    this.retryAfter = retryAfter;
  }

  int status() {
    return status;
  }

  byte[] body() {
    return body.clone();
  }

  @Nullable String retryAfter() {
    return retryAfter;
  }
}
