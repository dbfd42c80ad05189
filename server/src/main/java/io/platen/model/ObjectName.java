package io.platen.model;

/** The name of a template, a machine or a team. Names need not be unique. */
public final class ObjectName {
  /** In code points. */
  public static final int MAXIMUM = 255;

  private ObjectName() {}

  /** The name without the white space around it; what is wrong with it is added to the issues. */
  public static String check(String path, String text, Issues issues) {
    String name = trimmed(text);
    int length = name.codePointCount(0, name.length());
    if (length == 0) {
      issues.add(path, "must not be empty");
    } else if (length > MAXIMUM) {
      issues.add(path, "has %d characters; at most %d are allowed".formatted(length, MAXIMUM));
    } else if (name.codePoints().anyMatch(ObjectName::isForbidden)) {
      issues.add(path, "must not contain control characters");
    }
    return name;
  }

  /** Without no-break spaces too, as the clients' languages trim. */
  private static String trimmed(String text) {
    int begin = 0;
    int end = text.length();
    while (begin < end && isSpace(text.charAt(begin))) {
      begin++;
    }
    while (begin < end && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(begin, end);
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** Control characters, and halves of a surrogate pair, which no encoding can carry. */
  private static boolean isForbidden(int codePoint) {
    return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
  }

  /** The form in which names are compared without regard to case, one code point for one. */
  public static String fold(String name) {
    return name.codePoints()
        .map(codePoint -> Character.toLowerCase(Character.toUpperCase(codePoint)))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
