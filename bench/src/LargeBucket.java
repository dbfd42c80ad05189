import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of S3 as Platen asks for, over a map in memory; for objects in numbers that a real server
 * would take hours to be given. Objects may be made up when they are read. Nothing is checked,
 * signatures neither.
 */
final class LargeBucket implements AutoCloseable {
  static final String NAME = "large";

  private static final String DATE = "2026-01-01T00:00:00.000Z";
  private static final int PAGE = 1000;

  /** Of all objects. */
  private static final String TAG = "\"0\"";


  /** Behind all letters that keys are of, and allowed in XML. */
  private static final String LAST = "~";

  /** An object: its size, and how to get it. */
  private record Stored(long size, Supplier<byte[]> bytes) {}

  private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private final Map<String, Long> requests = new TreeMap<>();
  private final HttpServer server;

  LargeBucket() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/" + NAME, this::answer);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  void put(String key, long size, Supplier<byte[]> bytes) {
    objects.put(key, new Stored(size, bytes));
  }

  int count(String prefix) {
    return objects.subMap(prefix, prefix + LAST).size();
  }

  /** How many there were of each kind since this was asked last. */
  synchronized Map<String, Long> requests() {
    Map<String, Long> counted = new TreeMap<>(requests);
    requests.clear();
    return counted;
  }

  private static String folder(String key) {
    return key.replaceFirst("[/.].*", "");
  }

  private synchronized void note(String kind) {
    requests.merge(kind, 1L, Long::sum);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring(NAME.length() + 1);
      String key = path.startsWith("/") ? path.substring(1) : path;
      Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
      byte[] body = exchange.getRequestBody().readAllBytes();
      switch (exchange.getRequestMethod()) {
        case "PUT" -> {
          note("put of " + folder(key));
          objects.put(key, new Stored(body.length, () -> body));
          exchange.getResponseHeaders().set("ETag", TAG);
          send(exchange, 200, new byte[0]);
        }
        case "DELETE" -> {
          note("delete");
          objects.remove(key);
          send(exchange, 204, new byte[0]);
        }
        case "POST" -> {
          note("delete of many");
          send(exchange, 200, delete(new String(body, StandardCharsets.UTF_8)));
        }
        case "HEAD" -> {
          note("head of " + folder(key));
          head(exchange, key);
        }
        default -> {
          if (key.isEmpty()) {
            note("list");
            send(exchange, 200, list(query));
          } else {
            note("get of " + folder(key));
            get(exchange, key);
          }
        }
      }
    }
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new TreeMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(
          URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
          parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return query;
  }

  private void head(HttpExchange exchange, String key) throws IOException {
    Stored found = objects.get(key);
    if (found != null) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(found.size));
      exchange.getResponseHeaders().set("ETag", TAG);
    }
    exchange.sendResponseHeaders(key.isEmpty() || found != null ? 200 : 404, -1);
  }

  private void get(HttpExchange exchange, String key) throws IOException {
    Stored found = objects.get(key);
    if (found == null) {
      send(exchange, 404, xml("<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"));
      return;
    }
    exchange.getResponseHeaders().set("ETag", TAG);
    send(exchange, 200, found.bytes.get());
  }

  private byte[] delete(String body) {
    Matcher key = Pattern.compile("<Key>([^<]*)</Key>").matcher(body);
    var answer = new StringBuilder("<DeleteResult>");
    while (key.find()) {
      objects.remove(key.group(1));
      answer.append("<Deleted><Key>").append(key.group(1)).append("</Key></Deleted>");
    }
    return xml(answer.append("</DeleteResult>").toString());
  }

  private byte[] list(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String delimiter = query.getOrDefault("delimiter", "");
    String after =
        query.getOrDefault("continuation-token", query.getOrDefault("start-after", ""));
    int most = Integer.parseInt(query.getOrDefault("max-keys", Integer.toString(PAGE)));
    String last = null;
    int count = 0;
    var folders = new TreeSet<String>();
    var contents = new StringBuilder();
    String at = after.compareTo(prefix) >= 0 ? objects.higherKey(after) : objects.ceilingKey(prefix);
    while (at != null && at.startsWith(prefix) && count < most) {
      int end = delimiter.isEmpty() ? -1 : at.indexOf(delimiter, prefix.length());
      count++;
      if (end >= 0) {
        String folder = at.substring(0, end + 1);
        folders.add(folder);
        last = folder + LAST;
      } else {
        contents
            .append("<Contents><Key>")
            .append(at)
            .append("</Key><LastModified>" + DATE + "</LastModified><ETag>&quot;0&quot;</ETag><Size>")
            .append(objects.get(at).size)
            .append("</Size><StorageClass>STANDARD</StorageClass></Contents>");
        last = at;
      }
      at = objects.higherKey(last);
    }
    boolean more = at != null && at.startsWith(prefix);
    var answer = new StringBuilder("<ListBucketResult><Name>" + NAME + "</Name><IsTruncated>");
    answer.append(more).append("</IsTruncated><KeyCount>").append(count).append("</KeyCount>");
    if (more) {
      answer.append("<NextContinuationToken>").append(last).append("</NextContinuationToken>");
    }
    answer.append(contents);
    for (String folder : folders) {
      answer.append("<CommonPrefixes><Prefix>").append(folder).append("</Prefix></CommonPrefixes>");
    }
    return xml(answer.append("</ListBucketResult>").toString());
  }

  private static byte[] xml(String document) {
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + document)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }
}
