package io.platen.s3store;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server that answers what the test says, word by word: what other servers than those at hand
 * would. Each connection serves one request.
 */
final class ScriptedServer implements Closeable {
  /** Says what is answered. */
  @FunctionalInterface
  interface Script {
    /**
     * The answer: status line, headers and body.
     *
     * @param request its path with the query
     */
    String answer(String method, String request);
  }

  private final ServerSocket listener;
  private final Script script;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  ScriptedServer(Script script) throws IOException {
    this.script = script;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("scripted-server").start(this::accept);
  }

  /** An answer with a body and its length. */
  static String answer(String status, String body) {
    return "HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        .formatted(status, body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  /** An answer that says what is wrong. */
  static String error(String status, String code) {
    return answer(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  /** A page of a list. */
  static String page(String parts) {
    return answer("200 OK", "<ListBucketResult>" + parts + "</ListBucketResult>");
  }

  /** A bucket of this server. */
  S3Location location() {
    return location(listener);
  }

  /** A bucket of whatever listens there. */
  static S3Location location(ServerSocket listener) {
    return new S3Location(
        URI.create("http://127.0.0.1:" + listener.getLocalPort()),
        "bucket",
        "",
        "us-east-1",
        new S3Location.Credentials("access", "secret"),
        null);
  }

  /** The requests that came: method, and path with the query. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      String[] first = line(in).split(" ", 3);
      int length = 0;
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
        }
      }
      in.readNBytes(length);
      requests.add(first[0] + " " + first[1]);
      client
          .getOutputStream()
          .write(script.answer(first[0], first[1]).getBytes(StandardCharsets.UTF_8));
      client.shutdownOutput();
      in.readAllBytes();
    } catch (IOException e) {
      // The client went away.
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
