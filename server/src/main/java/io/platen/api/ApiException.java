package io.platen.api;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An answer other than success. Its text is written for the person who reads it. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Restarts of a database take about this long. */
  private static final int UNAVAILABLE_SECONDS = 5;

  /** Issues are few and immutable; the exception itself is never serialized. */
  private final transient List<Issue> issues;

  private final ErrorCode code;
  private final String text;
  private final int retryAfter;

  public ApiException(ErrorCode code, String message) {
    this(code, message, List.of(), 0, null);
  }

  private ApiException(
      ErrorCode code,
      String message,
      List<Issue> issues,
      int retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.text = message;
    this.retryAfter = retryAfter;
    this.issues = List.copyOf(issues);
  }

  /** A parameter or field that is missing or invalid. */
  public static ApiException invalid(String path, String message) {
    return invalid(List.of(new Issue(path, message)));
  }

  static ApiException invalid(List<Issue> issues) {
    var message =
        issues.stream()
            .map(issue -> issue.path() + ": " + issue.message())
            .collect(Collectors.joining("; "));
    return new ApiException(ErrorCode.BAD_REQUEST, message, issues, 0, null);
  }

  /**
   * The answer for what does not exist, was deleted, or is another team's: the same for all three.
   */
  public static ApiException notFound(String what, String id) {
    return new ApiException(
        ErrorCode.NOT_FOUND, "There is no %s with the id %s.".formatted(what, id));
  }

  public static ApiException conflict(String message) {
    return new ApiException(ErrorCode.CONFLICT, message);
  }

  static ApiException because(ErrorCode code, String message, Throwable cause) {
    return new ApiException(code, message, List.of(), 0, cause);
  }

  /** More requests than this client may send; it may send the next after so many seconds. */
  public static ApiException tooMany(String message, int retryAfterSeconds) {
    return new ApiException(
        ErrorCode.TOO_MANY_REQUESTS, message, List.of(), retryAfterSeconds, null);
  }

  /** A part of the server that can't be used for the moment. */
  public static ApiException unavailable(String message, @Nullable Throwable cause) {
    return new ApiException(ErrorCode.UNAVAILABLE, message, List.of(), UNAVAILABLE_SECONDS, cause);
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
