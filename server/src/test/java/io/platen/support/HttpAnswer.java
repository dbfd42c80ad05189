package io.platen.support;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One answer, read from a socket byte by byte as it stands there.
 *
 * @param head status line and headers
 */
public record HttpAnswer(int status, String head, String body) {
  private static final int MAXIMUM_HEAD = 64 << 10;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) [^\\r\\n]*\\r\\n");

  /** The next answer of a connection; null where it ends before one begins. */
  public static @Nullable HttpAnswer read(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int b = in.read();
      if (b < 0) {
        if (head.size() == 0) {
          return null;
        }
        throw new EOFException("half a head: " + head.toString(StandardCharsets.ISO_8859_1));
      }
      if (head.size() == MAXIMUM_HEAD) {
        throw new IOException("a head without an end");
      }
      head.write(b);
      matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    var status = STATUS.matcher(text);
    if (!status.lookingAt()) {
      throw new IOException("no answer of HTTP: " + text);
    }
    byte[] body = in.readNBytes(Integer.parseInt(header(text, "content-length", "0")));
    return new HttpAnswer(
        Integer.parseInt(status.group(1)), text, new String(body, StandardCharsets.UTF_8));
  }

  private static String header(String head, String name, String otherwise) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse(otherwise);
  }

  public String header(String name) {
    return header(head, name, "");
  }
}
