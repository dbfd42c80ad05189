package io.platen.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Strings on the wire: UTF-8, at most {@link Protocol#MAX_STRING} bytes. */
final class Text {
  private Text() {}

  /** Decodes the rest of the buffer for people to read: no control characters reach their logs. */
  static String printable(ByteBuffer utf8) {
    return decode(utf8)
        .codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Decodes the rest of the buffer; malformed input becomes U+FFFD. */
  static String decode(ByteBuffer utf8) {
    return StandardCharsets.UTF_8.decode(utf8).toString();
  }

  /** Refuses names that the protocol can't carry. */
  static void checkName(String what, String name) {
    if (name.indexOf('\0') >= 0
        || name.getBytes(StandardCharsets.UTF_8).length > Protocol.MAX_STRING) {
      throw new IllegalArgumentException(
          what + " name must be at most " + Protocol.MAX_STRING + " bytes without NUL");
    }
  }
}
