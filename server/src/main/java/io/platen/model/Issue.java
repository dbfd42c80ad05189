package io.platen.model;

import java.util.regex.Pattern;

/**
 * One thing wrong with a request.
 *
 * @param path the parameter or field
 * @param message what is wrong with its value and what would be right
 */
public record Issue(String path, String message) {
  private static final Pattern PREDICATE =
      Pattern.compile("(?:is|must|has|can|can't) .*", Pattern.DOTALL);

  /** Both, as a person reads them: "name is required". */
  String sentence() {
    return path + (PREDICATE.matcher(message).matches() ? " " : ": ") + message;
  }
}
