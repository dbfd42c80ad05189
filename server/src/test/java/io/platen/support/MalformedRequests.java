package io.platen.support;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * One client that sends requests with random damage, one after the other, on a connection that it
 * keeps for as long as the server does. The same seed sends the same bytes.
 */
public final class MalformedRequests implements Callable<Integer> {
  /**
   * A request may be damaged so that the server waits for the rest of it. The client then gives it
   * up; what it does not wait for, it does not judge.
   */
  private static final int PATIENCE_MILLIS = 25;

  /** Bytes that mean something to a parser. */
  private static final List<String> SPECIAL =
      List.of(
          "\r\n",
          "\r",
          "\n",
          "\0",
          " ",
          "\t",
          ":",
          "/",
          "?",
          "#",
          "%",
          "%00",
          "%zz",
          "&",
          "=",
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          "\\",
          "\\u0000",
          "\\ud800",
          "\u00ff",
          "\u00c0\u0080",
          "-1",
          "1e999",
          "99999999999999999999",
          "null",
          "HTTP/9.9",
          "..",
          "//",
          ";",
          "*",
          "@");

  private final URI server;
  private final List<String> requests;
  private final Random random;
  private final int count;
  private @Nullable Socket socket;
  private @Nullable InputStream in;

  public MalformedRequests(URI server, String key, long seed, int count) {
    this.server = server;
    this.count = count;
    random = new Random(seed);
    requests = requests("Host: x\r\nAuthorization: Bearer " + key + "\r\n");
  }

  /** Without damage, each of them is answered and changes nothing. */
  private static List<String> requests(String headers) {
    return List.of(
        "GET /v1/custom-templates?limit=5&orderBy=name&order=asc HTTP/1.1\r\n" + headers + "\r\n",
        "GET /v1/machines?after=QUJD&name=x&region=ny2 HTTP/1.1\r\n" + headers + "\r\n",
        "GET /v1/machine-events/ev1/progress HTTP/1.1\r\n" + headers + "\r\n",
        "GET /v1/health HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
        "DELETE /v1/custom-templates/t1 HTTP/1.1\r\n" + headers + "\r\n",
        "PATCH /v1/machines/ps1/start HTTP/1.1\r\n" + headers + "Content-Length: 2\r\n\r\n{}",
        body("POST", "/v1/custom-templates", headers, "{\"machineId\":\"ps1\",\"name\":\"n\"}"),
        body("PUT", "/v1/machines/ps1", headers, "{\"name\":\"n\",\"diskSize\":50}"),
        body("POST", "/v1/machines", headers + "Idempotency-Key: k\r\n", "{\"name\":\"n\"}"),
        "POST /v1/machines HTTP/1.1\r\n"
            + headers
            + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
  }

  private static String body(String method, String path, String headers, String body) {
    return "%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(method, path, headers, body.length(), body);
  }

  /** Returns how many of the requests were answered. */
  @Override
  public Integer call() throws Exception {
    int answered = 0;
    try {
      for (int i = 0; i < count; i++) {
        if (send(damaged())) {
          answered++;
        }
      }
    } finally {
      hangUp();
    }
    return answered;
  }

  private byte[] damaged() {
    byte[] bytes =
        requests.get(random.nextInt(requests.size())).getBytes(StandardCharsets.ISO_8859_1);
    for (int i = random.nextInt(3); i >= 0; i--) {
      bytes = damaged(bytes);
    }
    return bytes;
  }

  private byte[] damaged(byte[] bytes) {
    if (bytes.length < 2) {
      return bytes;
    }
    int from = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(12));
    return switch (random.nextInt(7)) {
      case 0 -> {
        bytes[from] ^= (byte) (1 << random.nextInt(8));
        yield bytes;
      }
      case 1 -> {
        bytes[from] = (byte) random.nextInt(256);
        yield bytes;
      }
      case 2 -> join(bytes, from, to, new byte[0]);
      case 3 -> join(bytes, to, to, Arrays.copyOfRange(bytes, from, to));
      case 4 -> join(bytes, from, from, special());
      case 5 -> join(bytes, from, to, special());
      default -> join(bytes, from, from, special().repeat(1 + random.nextInt(200)));
    };
  }

  private String special() {
    return SPECIAL.get(random.nextInt(SPECIAL.size()));
  }

  private static byte[] join(byte[] bytes, int from, int to, String between) {
    return join(bytes, from, to, between.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] join(byte[] bytes, int from, int to, byte[] between) {
    var joined = new ByteArrayOutputStream();
    joined.write(bytes, 0, from);
    joined.writeBytes(between);
    joined.write(bytes, to, bytes.length - to);
    return joined.toByteArray();
  }

  /** Sends one request; false where the server hangs up or waits for more. */
  private boolean send(byte[] request) throws IOException {
    try {
      var stream = in();
      connected().getOutputStream().write(request);
      var answer = HttpAnswer.read(stream);
      if (answer == null) {
        hangUp();
        return false;
      }
      if (answer.status() >= 500) {
        throw new AssertionError(
            "%s for %s".formatted(answer, new String(request, StandardCharsets.ISO_8859_1)));
      }
      if (answer.header("connection").toLowerCase(Locale.ROOT).equals("close")) {
        hangUp();
      }
      return true;
    } catch (SocketTimeoutException | java.net.SocketException e) {
      hangUp();
      return false;
    }
  }

  private Socket connected() throws IOException {
    var now = socket;
    if (now == null) {
      now = new Socket(server.getHost(), server.getPort());
      now.setTcpNoDelay(true);
      now.setSoTimeout(PATIENCE_MILLIS);
      // An end by a reset leaves no port waiting: there are fewer of them than requests here.
      now.setSoLinger(true, 0);
      socket = now;
      in = new BufferedInputStream(now.getInputStream());
    }
    return now;
  }

  private InputStream in() throws IOException {
    connected();
    var stream = in;
    if (stream == null) {
      throw new IllegalStateException("a connection has a stream");
    }
    return stream;
  }

  private void hangUp() throws IOException {
    var now = socket;
    socket = null;
    in = null;
    if (now != null) {
      now.close();
    }
  }
}
