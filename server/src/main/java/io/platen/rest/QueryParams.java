package io.platen.rest;

import io.platen.model.Issues;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads the parameters of a query. Of a parameter that is given more than once the first counts;
 * unknown ones are ignored.
 */
public final class QueryParams {
  private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]+");

  private final MultivaluedMap<String, String> values;
  private final Issues issues;

  public QueryParams(MultivaluedMap<String, String> values, Issues issues) {
    this.values = values;
    this.issues = issues;
  }

  /**
   * What is wrong with the parameters that were read so far, and with whatever else the caller
   * checks.
   */
  public Issues issues() {
    return issues;
  }

  /** Empty where the parameter is missing or has no text. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(values.getFirst(name))
        .filter(value -> !value.isEmpty())
        .filter(value -> hasNoControlCharacters(name, value));
  }

  /** No name or id holds any, and PostgreSQL takes no text that holds a NUL. */
  private boolean hasNoControlCharacters(String name, String value) {
    boolean some = value.chars().anyMatch(Character::isISOControl);
    if (some) {
      issues.add(name, "must not contain control characters");
    }
    return !some;
  }

  /** A whole number in a range; the default where it is missing. */
  public int integer(String name, int minimum, int maximum, int otherwise) {
    String value = values.getFirst(name);
    if (value == null) {
      return otherwise;
    }
    // Integer.parseInt alone would take digits of every script, and a plus.
    if (WHOLE_NUMBER.matcher(value).matches()) {
      try {
        int number = Integer.parseInt(value);
        if (number >= minimum && number <= maximum) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Answered below, as a number out of range is.
      }
    }
    issues.add(
        name, "\"%s\" is not a whole number from %d to %d".formatted(value, minimum, maximum));
    return otherwise;
  }

  /** "true" or "false"; false where it is missing. */
  public boolean flag(String name) {
    return oneOf(name, List.of("true", "false"), "false").equals("true");
  }

  /** One of several words; the default where it is missing. */
  public String oneOf(String name, Collection<String> words, String otherwise) {
    String value = values.getFirst(name);
    if (value == null) {
      return otherwise;
    }
    if (!words.contains(value)) {
      issues.add(
          name,
          words.size() == 1
              ? "can only be %s, and not \"%s\"".formatted(String.join("", words), value)
              : "\"%s\" is not one of %s".formatted(value, String.join(", ", words)));
      return otherwise;
    }
    return value;
  }
}
