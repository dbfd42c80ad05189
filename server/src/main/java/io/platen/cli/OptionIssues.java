package io.platen.cli;

import io.platen.model.Refusal;
import java.util.Locale;
import java.util.stream.Collectors;

/** What services find wrong with their parameters, as the options that people gave. */
final class OptionIssues {
  private OptionIssues() {}

  /** The message of a refusal: {@code machineType} is {@code --machine-type}. */
  static String text(Refusal refusal) {
    return refusal.issues().isEmpty()
        ? refusal.text()
        : refusal.issues().stream()
            .map(issue -> "%s: %s".formatted(option(issue.path()), issue.message()))
            .collect(Collectors.joining("; "));
  }

  private static String option(String path) {
    return path.startsWith("--")
        ? path
        : "--" + path.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
