package io.platen.model;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A request that can't be done. Its text is written for the person who reads it. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Restarts of a database take about this long. */
  private static final int UNAVAILABLE_SECONDS = 5;

  /** Why a request is refused. */
  public enum Reason {
    /** A parameter or field is missing or invalid. */
    INVALID,
    /** It names no one who may ask. */
    UNAUTHENTICATED,
    /** Whoever asks is known, and may not do this. */
    FORBIDDEN,
    /** What it asks for does not exist, was deleted, or is another team's. */
    NOT_FOUND,
    /** What it asks for is in a state that forbids it. */
    CONFLICT,
    /** This server lacks what it takes. */
    UNSUPPORTED,
    /** Too many requests came before it. */
    TOO_MANY,
    /** A part of the server can't be used for the moment. */
    UNAVAILABLE
  }

  /** Longer than any id there is. */
  private static final int LONGEST_ID = 64;

  /** Issues are few and immutable; the exception itself is never serialized. */
  private final transient List<Issue> issues;

  private final Reason reason;
  private final String text;
  private final int retryAfter;

  private Refusal(
      Reason reason, String text, List<Issue> issues, int retryAfter, @Nullable Throwable cause) {
    super(text, cause);
    this.reason = reason;
    this.text = text;
    this.retryAfter = retryAfter;
    this.issues = List.copyOf(issues);
  }

  private static Refusal of(Reason reason, String text) {
    return new Refusal(reason, text, List.of(), 0, null);
  }

  /** A parameter or field that is missing or invalid. */
  public static Refusal invalid(String path, String message) {
    return invalid(List.of(new Issue(path, message)));
  }

  static Refusal invalid(List<Issue> issues) {
    var text = issues.stream().map(Issue::sentence).collect(Collectors.joining("; "));
    return new Refusal(Reason.INVALID, text, issues, 0, null);
  }

  public static Refusal unauthenticated(String text) {
    return of(Reason.UNAUTHENTICATED, text);
  }

  public static Refusal forbidden(String text) {
    return of(Reason.FORBIDDEN, text);
  }

  /** What does not exist, was deleted, or is another team's: the same for all three. */
  public static Refusal notFound(String what, String id) {
    return notFound("There is no %s with the id %s.".formatted(what, shown(id)));
  }

  /** An id may be whatever a client put into a path. */
  private static String shown(String id) {
    return id.length() <= LONGEST_ID ? id : id.substring(0, LONGEST_ID) + "…";
  }

  public static Refusal notFound(String text) {
    return of(Reason.NOT_FOUND, text);
  }

  public static Refusal conflict(String text) {
    return of(Reason.CONFLICT, text);
  }

  public static Refusal unsupported(String text) {
    return of(Reason.UNSUPPORTED, text);
  }

  /**
   * More requests than this client may send.
   *
   * @param retryAfterSeconds when it may send the next
   */
  public static Refusal tooMany(String text, int retryAfterSeconds) {
    return new Refusal(Reason.TOO_MANY, text, List.of(), retryAfterSeconds, null);
  }

  public static Refusal unavailable(String text, @Nullable Throwable cause) {
    return new Refusal(Reason.UNAVAILABLE, text, List.of(), UNAVAILABLE_SECONDS, cause);
  }

  public Reason reason() {
    return reason;
  }

  /** The message, never null. */
  public String text() {
    return text;
  }

  /** What is wrong with parameters or fields, one by one; empty for other reasons. */
  public List<Issue> issues() {
    return issues;
  }

  /** Seconds after which the same request may succeed; 0 where waiting does not help. */
  public int retryAfterSeconds() {
    return retryAfter;
  }
}
