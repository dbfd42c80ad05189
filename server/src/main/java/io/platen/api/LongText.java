package io.platen.api;

import java.nio.charset.StandardCharsets;

/** A text of any number of lines, kept as it was sent. */
public final class LongText {
  private LongText() {}

  /**
   * Adds what is wrong with a text to the issues.
   *
   * @param bytes how long it may be in UTF-8
   */
  public static void check(String path, String text, int bytes, Issues issues) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length > bytes) {
      issues.add(path, "has %d bytes; at most %d are allowed".formatted(length, bytes));
    } else if (text.codePoints().anyMatch(LongText::isForbidden)) {
      issues.add(path, "must not contain NUL characters or halves of surrogate pairs");
    }
  }

  /** What PostgreSQL does not take, and what no encoding can carry. */
  private static boolean isForbidden(int codePoint) {
    return codePoint == 0 || Character.getType(codePoint) == Character.SURROGATE;
  }
}
