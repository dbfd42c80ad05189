package io.platen.api;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An answer other than success. Its text is written for the person who reads it. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Issues are few and immutable; the exception itself is never serialized. */
  private final transient List<Issue> issues;

  private final ErrorCode code;
  private final String text;

  public ApiException(ErrorCode code, String message) {
    this(code, message, List.of(), null);
  }

  private ApiException(
      ErrorCode code, String message, List<Issue> issues, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.text = message;
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
    return new ApiException(ErrorCode.BAD_REQUEST, message, issues, null);
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
    return new ApiException(code, message, List.of(), cause);
  }

  public ErrorCode code() {
    return code;
  }

  /** The message, never null. */
  public String text() {
    return text;
  }

  public List<Issue> issues() {
    return issues;
  }
}
