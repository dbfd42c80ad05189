package io.platen.s3store;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands before an S3 server, counts the requests, and does with each what the test says. Requests
 * are passed on byte for byte, so their signatures hold.
 */
public final class FaultyServer implements Closeable {
  /** What becomes of a request. */
  public enum Fate {
    /** It is passed on, and its answer passed back. */
    PASS,

    /** It is answered 503 and not passed on. */
    BUSY,

    /** The connection is reset; the request is not passed on. */
    RESET,

    /** It is passed on, and the connection is reset instead of an answer. */
    LOSE_ANSWER,

    /** The connection is reset; the request is kept, and passed on when the test says so. */
    DELAY
  }

  /** Says what becomes of a request. */
  @FunctionalInterface
  public interface Rule {
    /**
     * What becomes of it.
     *
     * @param request its path with the query
     */
    Fate fate(String method, String request);
  }

  private static final byte[] BUSY_ANSWER =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final URI server;
  private final ServerSocket listener;
  private final Map<String, Integer> counts = new HashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final List<byte[]> delayed = new ArrayList<>();
  private volatile Rule rule = (method, request) -> Fate.PASS;

  /** Before this server, at an address of its own. */
  public FaultyServer(URI server) throws IOException {
    this.server = server;
    listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("faulty-server").start(this::accept);
  }

  /** Where it is asked. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** Sets what becomes of the requests that follow. */
  public void rule(Rule next) {
    rule = next;
  }

  /** How many requests of this method came since the last call of {@link #forget}. */
  public synchronized int count(String method) {
    return counts.getOrDefault(method, 0);
  }

  /** How many requests came since the last call of {@link #forget}. */
  public synchronized int count() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** How many connections were made so far. */
  public int connections() {
    return connections.get();
  }

  /** Counts from here on. */
  public synchronized void forget() {
    counts.clear();
  }

  /** Passes on what was delayed, and waits for the answers. */
  public int passDelayed() throws IOException {
    List<byte[]> requests;
    synchronized (this) {
      requests = List.copyOf(delayed);
      delayed.clear();
    }
    for (byte[] request : requests) {
      try (Socket upstream = connect()) {
        upstream.getOutputStream().write(request);
        Message.read(new BufferedInputStream(upstream.getInputStream()), true);
      }
    }
    return requests.size();
  }

  private Socket connect() throws IOException {
    return new Socket(server.getHost(), server.getPort());
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket upstream = connect()) {
      InputStream requests = new BufferedInputStream(client.getInputStream());
      InputStream answers = new BufferedInputStream(upstream.getInputStream());
      while (true) {
        Message request = Message.read(requests, true);
        if (request == null) {
          return;
        }
        String[] line = request.firstLine.split(" ", 3);
        synchronized (this) {
          counts.merge(line[0], 1, Integer::sum);
        }
        switch (rule.fate(line[0], line[1])) {
          case PASS -> {
            upstream.getOutputStream().write(request.bytes);
            Message answer = Message.read(answers, !line[0].equals("HEAD"));
            if (answer == null) {
              return;
            }
            client.getOutputStream().write(answer.bytes);
            if (answer.last) {
              return;
            }
          }
          case BUSY -> client.getOutputStream().write(BUSY_ANSWER);
          case RESET -> {
            reset(client);
            return;
          }
          case LOSE_ANSWER -> {
            upstream.getOutputStream().write(request.bytes);
            Message.read(answers, !line[0].equals("HEAD"));
            reset(client);
            return;
          }
          case DELAY -> {
            synchronized (this) {
              delayed.add(request.bytes);
            }
            reset(client);
            return;
          }
        }
      }
    } catch (IOException e) {
      // Either side went away: the other learns of it by the end of its connection.
    }
  }

  private static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /** A request or an answer, whole. */
  private static final class Message {
    private final String firstLine;
    private final byte[] bytes;

    /** Whether the connection ends with it. */
    private final boolean last;

    Message(String firstLine, byte[] bytes, boolean last) {
      this.firstLine = firstLine;
      this.bytes = bytes;
      this.last = last;
    }

    static @Nullable Message read(InputStream in, boolean mayHaveBody) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      String first = line(in, all);
      if (first.isEmpty()) {
        return null;
      }
      Map<String, String> headers = new HashMap<>();
      for (String line = line(in, all); !line.isEmpty(); line = line(in, all)) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      boolean last = "close".equalsIgnoreCase(headers.get("connection"));
      if (mayHaveBody && "chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
        chunks(in, all);
      } else if (last && first.startsWith("HTTP/") && !headers.containsKey("content-length")) {
        in.transferTo(all);
      } else if (mayHaveBody) {
        copy(in, all, Integer.parseInt(headers.getOrDefault("content-length", "0")));
      }
      return new Message(first, all.toByteArray(), last);
    }

    private static void chunks(InputStream in, ByteArrayOutputStream all) throws IOException {
      int length;
      do {
        length = Integer.parseInt(line(in, all).strip(), 16);
        copy(in, all, length);
        line(in, all);
      } while (length > 0);
    }

    private static void copy(InputStream in, ByteArrayOutputStream all, int length)
        throws IOException {
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException();
      }
      all.writeBytes(body);
    }

    /** A line without its end; empty at the end of the stream, too. */
    private static String line(InputStream in, ByteArrayOutputStream all) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int c = in.read(); c >= 0; c = in.read()) {
        all.write(c);
        if (c == '\n') {
          break;
        }
        if (c != '\r') {
          line.write(c);
        }
      }
      return line.toString(StandardCharsets.US_ASCII);
    }
  }
}
