package io.platen.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The path and query of a request as clients send them: browsers leave characters as they are that
 * no URL may have (the WHATWG URL standard encodes {@code |} nowhere, for example), and others send
 * plain UTF-8.
 */
final class RequestTarget {
  /** What RFC 3986 has no place for in a query, and is no space or control character. */
  private static final String UNSAFE = "\"<>\\^`{|}";

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private RequestTarget() {}

  /**
   * The same with these characters percent-encoded.
   *
   * @param target as Netty has it: one character for each byte
   */
  static String encoded(String target) {
    if (target.chars().noneMatch(RequestTarget::isUnsafe)) {
      return target;
    }
    var encoded = new StringBuilder(target.length() + 32);
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (isUnsafe(c)) {
        encoded.append('%').append(HEX.toHexDigits((byte) c));
      } else {
        encoded.append(c);
      }
    }
    return encoded.toString();
  }

  private static boolean isUnsafe(int c) {
    return (c > 0x7f && c <= 0xff) || UNSAFE.indexOf(c) >= 0;
  }

  /** What is wrong with a path and query; null where nothing is. */
  static @Nullable String problem(String target) {
    try {
      new URI(target);
      return null;
    } catch (URISyntaxException e) {
      String hint =
          target.startsWith("%", e.getIndex()) ? "; a percent sign itself is written %25" : "";
      return "The path or the query is not valid: %s at index %d%s."
          .formatted(e.getReason(), e.getIndex(), hint);
    }
  }
}
