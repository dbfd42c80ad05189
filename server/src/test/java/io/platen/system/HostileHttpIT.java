package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.HttpAnswer;
import io.platen.support.MalformedRequests;
import io.platen.support.Metrics;
import io.platen.support.OpenFiles;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What hostile clients send: each gets its answer, and nothing of it stays behind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HostileHttpIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int REQUESTS = 100_000;
  private static final int WARM_UP = 10_000;
  private static final int THREADS = 16;

  /** Those that listen, and those of the client that looks. */
  private static final int OTHER_SOCKETS = 16;

  private final RunningServer server;
  private final Client client;
  private final String auth;

  HostileHttpIT(@TempDir Path root) throws Exception {
    server = RunningServer.start(root.resolve("data"));
    client = server.client();
    auth = "Host: x\r\nAuthorization: Bearer " + server.key() + "\r\n";
  }

  @AfterAll
  void end() {
    server.close();
  }

  /** What is sent, each character a byte, and the statuses of the answers that come for it. */
  private record Case(String what, String bytes, List<Integer> statuses) {}

  private static Case of(String what, String bytes, Integer... statuses) {
    return new Case(what, bytes, List.of(statuses));
  }

  private Case get(String what, String target, String headers, Integer... statuses) {
    return of(what, "GET " + target + " HTTP/1.1\r\n" + auth + headers + "\r\n", statuses);
  }

  /** A POST whose body needs its headers to be understood. */
  private Case framed(String what, String headersAndBody, Integer... statuses) {
    return of(what, "POST /v1/machines HTTP/1.1\r\n" + auth + headersAndBody, statuses);
  }

  private Case json(String what, String body, Integer... statuses) {
    return framed(what, "Content-Length: " + body.length() + "\r\n\r\n" + body, statuses);
  }

  private static String machine(String templateId, String diskSize) {
    return "{\"name\":\"n\",\"machineType\":\"C5\",\"region\":\"ny2\",\"startOnCreate\":false,\"templateId\":%s,\"diskSize\":%s}"
        .formatted(templateId, diskSize);
  }

  private List<Case> targets() {
    return List.of(
        get("a NUL in the path", "/v1/machines/\0", "", 400),
        get("an escaped NUL in the path", "/v1/machines/%00", "", 404),
        get("an escaped NUL in the query", "/v1/machines?name=%00", "", 400),
        get("bytes that are no UTF-8 in the path", "/v1/machines/\u00ff\u00fe", "", 404),
        get("escapes that are no UTF-8 in the path", "/v1/machines/%ff%fe", "", 404),
        get("escapes that are no UTF-8 in the query", "/v1/machines?name=%c0%80%ed%a0%80", "", 200),
        get("a broken escape in the path", "/v1/machines/%zz", "", 400),
        get("a broken escape in the query", "/v1/machines?name=%", "", 400),
        get("JavaScript's escape", "/v1/machines/%u0041", "", 400),
        get("an absolute URI", "http://127.0.0.1/v1/machines", "", 200),
        get("an absolute URI of another server", "http://elsewhere.example/v1/machines", "", 200),
        get("half an absolute URI", "http://[", "", 400),
        get("no path", "", "", 400),
        get("a query alone", "?limit=1", "", 400),
        get("a star", "*", "", 404),
        get("a path without a slash", "v1/machines", "", 404),
        get("a space in the path", "/v1/ machines", "", 400),
        get("a backslash", "/v1\\machines", "", 404),
        get("brackets", "/v1/machines?name=[{}]|^`\"<>", "", 200),
        get("the way up", "/v1/%2e%2e/%2e%2e/etc/passwd", "", 404),
        get("the way up, escaped", "/v1/machines/..%2f..%2f..%2fetc%2fpasswd", "", 404),
        get("the way up in the reference", "/reference/%2e%2e/application.properties", "", 404),
        get("thousands of parameters", "/v1/machines?" + "a&".repeat(4000), "", 200),
        get("a huge limit", "/v1/machines?limit=99999999999999999999", "", 400),
        get("a made-up cursor", "/v1/machines?after=" + "A".repeat(40), "", 400),
        of("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\n" + auth + "\r\n", 404),
        of("OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + auth + "\r\n", 404),
        of("a long method", "A".repeat(4000) + " /v1/machines HTTP/1.1\r\n" + auth + "\r\n", 405),
        of("a small method", "get /v1/machines HTTP/1.1\r\n" + auth + "\r\n", 405),
        of("a method of bytes", "\u00ff\u00fe /v1/machines HTTP/1.1\r\n" + auth + "\r\n", 400),
        of("another protocol", "GET /v1/health HTTP?1.X/9.91\r\n" + auth + "\r\n", 400),
        of("HTTP/0.9", "GET /v1/machines\r\n", 400),
        of("HTTP/1.0", "GET /v1/health HTTP/1.0\r\n\r\n", 200),
        of("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 400),
        of("TLS", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001" + "x".repeat(200) + "\r\n\r\n", 400),
        of("a request line without end", "G".repeat(2_000_000), 400));
  }

  private List<Case> headers() {
    return List.of(
        of("no Host", "GET /v1/health HTTP/1.1\r\n\r\n", 400),
        get("two Hosts", "/v1/health", "Host: y\r\n", 400),
        of("a broken Host", "GET /v1/health HTTP/1.1\r\nHost: a b@[:::\r\n\r\n", 400),
        get("a NUL in a header", "/v1/health", "X: a\0b\r\n", 400),
        get("a NUL in a header's name", "/v1/health", "X\0: a\r\n", 400),
        get("a header without a name", "/v1/health", ": a\r\n", 400),
        get("a header without a colon", "/v1/health", "nonsense\r\n", 400),
        get("a space before the colon", "/v1/health", "X : a\r\n", 400),
        get("a folded header", "/v1/health", "X: a\r\n b\r\n", 200),
        get("two keys", "/v1/machines", "Authorization: Bearer x\r\n", 401),
        get("thousands of headers", "/v1/health", "a:b\r\n".repeat(10_000), 400),
        get("a header without end", "/v1/health", "a".repeat(2_000_000), 400),
        get("an upgrade to HTTP/2", "/v1/health", "Connection: Upgrade\r\nUpgrade: h2c\r\n", 200),
        get("a broken Accept", "/v1/machines", "Accept: ;;q=x,\u00ff\r\n", 200),
        get("a broken Cookie", "/v1/machines", "Cookie: \u00ff==;;;$Version=x\r\n", 200),
        get("a broken Range", "/v1/machines", "Range: bytes=9-1\r\nIf-None-Match: \"\r\n", 200),
        get("a broken Forwarded", "/v1/machines", "Forwarded: for=\"\r\n", 200),
        of(
            "a key of bytes",
            "GET /v1/machines HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \u00ff\u00fe\r\n\r\n",
            401));
  }

  private List<Case> framing() {
    String chunked = "Transfer-Encoding: chunked\r\n\r\n";
    return List.of(
        framed("no length", "\r\n", 400),
        framed("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        framed("a list of lengths", "Content-Length: 2, 2\r\n\r\n{}", 400),
        framed("a signed length", "Content-Length: +2\r\n\r\n{}", 400),
        framed("a hexadecimal length", "Content-Length: 0x2\r\n\r\n{}", 400),
        framed("a negative length", "Content-Length: -2\r\n\r\n{}", 400),
        framed("an empty length", "Content-Length: \r\n\r\n{}", 400),
        framed(
            "a length of more than 64 bits",
            "Content-Length: 9" + "9".repeat(30) + "\r\n\r\n",
            400),
        framed("the longest length", "Content-Length: 9223372036854775807\r\n\r\n{}", 413),
        framed("a length that is too small", "Content-Length: 1\r\n\r\n{}\r\n\r\n", 400, 400),
        framed("a length and chunks", "Content-Length: 5\r\n" + chunked + "0\r\n\r\n", 400),
        framed("chunks that are compressed", "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        framed("chunks of chunks", "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
        framed("another encoding", "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n", 400),
        framed(
            "compression", "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\u001f\u008b", 400),
        framed("chunks", chunked + "2\r\n{}\r\n0\r\n\r\n", 400),
        framed("a chunk whose size is no number", chunked + "zz\r\n{}\r\n", 400),
        framed("a chunk of negative size", chunked + "-2\r\n{}\r\n", 400),
        framed("a chunk of huge size", chunked + "ffffffffffffffffff\r\n{}\r\n", 400),
        framed("a broken trailer", chunked + "2\r\n{}\r\n0\r\n\0bad\r\n\r\n", 400),
        framed("a chunk without end", chunked + "2\r\n{}xx0\r\n\r\n", 400),
        framed(
            "a trailer without end", chunked + "0\r\nX: " + "y".repeat(20_000) + "\r\n\r\n", 400),
        framed(
            "chunks beyond the limit",
            chunked + ("10000\r\n" + "x".repeat(65_536) + "\r\n").repeat(20),
            413),
        framed("Expect", "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", 100, 400),
        framed(
            "Expect with a large body",
            "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n",
            413),
        framed("another Expect", "Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}", 400));
  }

  private List<Case> bodies() {
    return List.of(
        json("deep arrays", "[".repeat(500_000), 400),
        json("deep objects", "{\"a\":".repeat(100_000), 400),
        json("a number of 900,000 digits", "{\"name\":" + "9".repeat(900_000) + "}", 400),
        json("a huge exponent", machine("\"t\"", "1e999999999"), 400),
        json("a tiny exponent", machine("\"t\"", "1e-999999999"), 400),
        json("a size with a point", machine("\"t\"", "50.0"), 404),
        json("a size that is a text", machine("\"t\"", "\"50\""), 400),
        json("NaN", "{\"diskSize\":NaN}", 400),
        json("an id of a NUL", machine("\"\\u0000\"", "50"), 400),
        json("an id of half a surrogate pair", machine("\"\\ud800\"", "50"), 404),
        json("a key twice", machine("\"t\"", "50,\"diskSize\":\"50\""), 400),
        json("a long key", "{\"" + "k".repeat(900_000) + "\":1}", 400),
        json("a long name", "{\"name\":\"" + "x".repeat(900_000) + "\"}", 400),
        json("many keys", "{" + "\"k\":1,".repeat(100_000) + "\"k\":1}", 400),
        json("bytes that are no UTF-8", "{\"name\":\"\u00c0\u0080\u00ff\"}", 400),
        json("a NUL", "\0", 400));
  }

  @Test
  void eachGetsTheAnswerItDeserves() throws Exception {
    var cases = new ArrayList<Case>();
    cases.addAll(targets());
    cases.addAll(headers());
    cases.addAll(framing());
    cases.addAll(bodies());
    for (var one : cases) {
      check(one);
    }
    assertQuiet();
  }

  /** The answers are those of the case, then there is nothing more. */
  private void check(Case sent) throws IOException {
    try (var wire = new Wire(server.url())) {
      wire.sendWhatIsTaken(sent.bytes().getBytes(StandardCharsets.ISO_8859_1));
      for (int status : sent.statuses()) {
        var answer = wire.answer(LIMIT);
        if (answer == null) {
          throw new AssertionError(sent.what() + ": no answer");
        }
        assertThat(answer.status()).as("%s: %s", sent.what(), answer).isEqualTo(status);
        if (status >= 400) {
          assertError(sent.what(), answer);
        }
      }
      wire.end();
      assertThat(wire.answer(LIMIT)).as(sent.what()).isNull();
    }
  }

  private static void assertError(String what, HttpAnswer answer) throws IOException {
    assertThat(answer.header("content-type")).as(what).isEqualTo("application/json");
    assertThat(answer.header("x-request-id")).as(what).isNotEmpty();
    var body = Client.JSON.readTree(answer.body());
    assertThat(body.path("code").asText()).as(what).matches("[A-Z_]+");
    assertThat(body.path("message").asText()).as(what).isNotBlank();
    assertThat(answer.body()).as(what).doesNotContain("Exception", "\tat ", "<html");
  }

  @Test
  void ofManyRequestsAtOnceAllAreAnsweredInTheirOrder() throws Exception {
    var good = "GET /v1/health HTTP/1.1\r\n" + auth + "\r\n";
    var unknown = "GET /v1/machines/ps1 HTTP/1.1\r\n" + auth + "\r\n";
    var broken = "GET /v1/%zz HTTP/1.1\r\n" + auth + "\r\n";
    try (var wire = new Wire(server.url())) {
      wire.send((good + unknown).repeat(50) + broken + good);
      for (int i = 0; i < 50; i++) {
        assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(200);
        assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(404);
      }
      assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(400);
      // After a request that is none, what follows can't be trusted.
      assertThat(wire.answer(LIMIT)).isNull();
    }
  }

  @Test
  void labelsOfMetricsAreNotOfTheClientsMaking() throws Exception {
    for (int i = 0; i < 20; i++) {
      client.send("MADEUP" + i, "/madeup" + i, null).error(404, "NOT_FOUND");
      client.send("MADEUP" + i, "/machines", null).error(405, "METHOD_NOT_SUPPORTED");
      client.get("/machines/madeup" + i).error(404, "NOT_FOUND");
      client.send("OPTIONS", "/madeup" + i, null).error(404, "NOT_FOUND");
      check(get("a made-up path", "/v1/madeup%zz" + i, "", 400));
    }
    var metrics = Metrics.of(client);
    assertThat(metrics.values().keySet())
        .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("madeup"));
    assertThat(
            metrics.value(
                "http_server_requests_seconds_count{method=\"GET\",status=\"404\",uri=\"/v1/machines/{id}\"}"))
        .isGreaterThanOrEqualTo(20);
  }

  /** What a server holds: open sockets, other open files, threads, bytes of heap, meters. */
  private record Holdings(int sockets, int files, int threads, double heap, int meters) {}

  @Test
  void ofAHundredThousandMalformedRequestsNothingStays() throws Exception {
    flood(1, WARM_UP);
    var before = holdings();
    int answered = flood(2, REQUESTS);
    var after = holdings();

    assertThat(answered).isGreaterThan(REQUESTS / 2);
    // The allowances are for pools that the warm-up did not fill.
    assertThat(after.sockets()).isLessThan(before.sockets() + 8);
    assertThat(after.files()).isLessThan(before.files() + 32);
    assertThat(after.threads()).isLessThan(before.threads() + 16);
    assertThat(after.heap()).isLessThan(before.heap() + (16 << 20));
    assertThat(after.meters()).isLessThan(before.meters() + 500);
    assertQuiet();
    client.get("/machines").ok();
  }

  /** No failure of the server's own, neither in its log nor among its answers. */
  private void assertQuiet() throws IOException {
    var log = server.log();
    assertThat(log.lines().filter(line -> !line.startsWith("{")))
        .noneMatch(
            line -> line.contains("ERROR") || line.contains("WARN") || line.contains("\tat "));
    assertThat(Metrics.of(client).values().keySet())
        .noneMatch(name -> name.startsWith("http_server") && name.contains("status=\"5"));
  }

  private int flood(long seed, int requests) throws Exception {
    var tasks = new ArrayList<Callable<Integer>>();
    for (int i = 0; i < THREADS; i++) {
      tasks.add(
          new MalformedRequests(
              server.url(), server.key(), seed * THREADS + i, requests / THREADS));
    }
    int answered = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var ended : threads.invokeAll(tasks)) {
        answered += ended.get();
      }
    }
    return answered;
  }

  /** What the server holds once it has nothing to do. */
  private Holdings holdings() throws Exception {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                Metrics.of(client).value("platen_requests_active") == 1
                    && OpenFiles.of(server.pid()).sockets() <= OTHER_SOCKETS);
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Program.succeed(jcmd, Long.toString(server.pid()), "GC.run");
    var values = Metrics.of(client).values();
    double heap =
        values.entrySet().stream()
            .filter(one -> one.getKey().startsWith("jvm_memory_used_bytes{area=\"heap\""))
            .mapToDouble(Map.Entry::getValue)
            .sum();
    var open = OpenFiles.of(server.pid());
    try (var tasks = Files.list(Path.of("/proc", Long.toString(server.pid()), "task"))) {
      return new Holdings(
          open.sockets(), open.others(), Math.toIntExact(tasks.count()), heap, values.size());
    }
  }
}
