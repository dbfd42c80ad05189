package io.platen.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.model.Issue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of every answer that is not a success. */
public record ErrorBody(
    String code,
    String message,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Details details) {

  /** What was wrong with which fields or parameters. */
  public record Details(List<Issue> issues) {}

  /** The {@code x-client} of the Paperspace command line, which refuses bodies with details. */
  public static final String CLIENT_WITHOUT_DETAILS = "paperspace-cli";

  /** The body for this error, as the client that sent the header {@code x-client} can read it. */
  public static ErrorBody of(ApiException error, @Nullable String client) {
    boolean details = !error.issues().isEmpty() && !CLIENT_WITHOUT_DETAILS.equals(client);
    return new ErrorBody(
        error.code().code(), error.text(), details ? new Details(error.issues()) : null);
  }
}
