package io.platen.backup;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** What dumps are called: after the moment that they show, so that they are ordered by it. */
final class DumpName {
  private static final String PREFIX = "metadata-";

  private static final String SUFFIX = ".jsonl.zst";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

  private DumpName() {}

  static String of(Instant made) {
    return PREFIX + TIME.format(made);
  }

  /** Without what a store has its files end with. */
  static String ofFile(String file) {
    return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
  }

  /** The moment; empty for what is no dump's name. */
  static Optional<Instant> time(String name) {
    try {
      return name.startsWith(PREFIX)
          ? Optional.of(TIME.parse(name.substring(PREFIX.length()), Instant::from))
          : Optional.empty();
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
