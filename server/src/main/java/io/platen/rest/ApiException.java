package io.platen.rest;

import io.platen.model.Issue;
import io.platen.model.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer other than success. Its text is written for the person who reads it. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Issues are few and immutable; the exception itself is never serialized. */
  private final transient List<Issue> issues;

  private final ErrorCode code;
  private final String text;
  private final int retryAfter;

  public ApiException(ErrorCode code, String text) {
    this(code, text, List.of(), 0, null);
  }

  private ApiException(
      ErrorCode code, String text, List<Issue> issues, int retryAfter, @Nullable Throwable cause) {
    super(text, cause);
    this.code = code;
    this.text = text;
    this.retryAfter = retryAfter;
    this.issues = List.copyOf(issues);
  }

  /** The answer to a request that a service refused. */
  public static ApiException of(Refusal refusal) {
    return new ApiException(
        ErrorCode.of(refusal.reason()),
        refusal.text(),
        refusal.issues(),
        refusal.retryAfterSeconds(),
        refusal);
  }

  public static ApiException because(ErrorCode code, String text, Throwable cause) {
    return new ApiException(code, text, List.of(), 0, cause);
  }

  public ErrorCode code() {
    return code;
  }

  /** Seconds after which the same request may succeed; 0 where waiting does not help. */
  public int retryAfterSeconds() {
    return retryAfter;
  }

  /** The message, never null. */
  public String text() {
    return text;
  }

  public List<Issue> issues() {
    return issues;
  }
}
