import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** The gateway of Ceph that {@code s3store/src/test/rgw} starts, and what it takes of the processors. */
final class Gateway {
  private static final List<String> DAEMONS = List.of("radosgw", "osd", "mon");

  private final Path home;
  private final URI endpoint;
  private final String bucket;

  /**
   * @param home where its daemons have written their process ids
   */
  Gateway(Path home, String endpoint, String bucket) {
    this.home = home;
    this.endpoint = URI.create(endpoint);
    this.bucket = bucket;
  }

  /** Processor seconds of all its daemons so far. */
  double cpu() throws IOException {
    double sum = 0;
    for (String daemon : DAEMONS) {
      sum += Tool.of(Long.parseLong(Files.readString(home.resolve(daemon + ".pid")).strip()));
    }
    return sum;
  }

  /**
   * Gets objects over a number of connections, unsigned, and throws their bytes away: what no client
   * on this host can do in less time.
   *
   * @return seconds
   */
  double get(List<String> keys, int connections) throws Exception {
    var next = new AtomicInteger();
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        all.add(
            threads.submit(
                () -> {
                  getNext(keys, next);
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private void getNext(List<String> keys, AtomicInteger next) throws IOException {
    var buffer = new byte[1 << 16];
    try (var socket = new Socket(endpoint.getHost(), endpoint.getPort())) {
      var in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      for (int i = next.getAndIncrement(); i < keys.size(); i = next.getAndIncrement()) {
        String request =
            "GET /%s/%s HTTP/1.1\r\nHost: %s\r\n\r\n"
                .formatted(bucket, keys.get(i), endpoint.getAuthority());
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        for (long left = answer(in, keys.get(i)); left > 0; ) {
          int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
          if (read < 0) {
            throw new EOFException(keys.get(i));
          }
          left -= read;
        }
      }
    }
  }

  /** Reads the head of an answer and returns the bytes of its body. */
  private static long answer(InputStream in, String key) throws IOException {
    String status = line(in);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException(key + ": " + status);
    }
    long length = -1;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase().startsWith("content-length:")) {
        length = Long.parseLong(line.substring(15).strip());
      }
    }
    return length;
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the gateway closed the connection");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
