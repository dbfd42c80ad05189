package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.Crowd;
import io.platen.support.HttpAnswer;
import io.platen.support.Metrics;
import io.platen.support.RunningServer;
import io.platen.support.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand clients at once, each with as much as one may send, on a server with the memory that
 * the launcher gives it: they are answered or refused, others are served meanwhile, and it lives.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FloodIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int CLIENTS = 1000;
  private static final int MEBIBYTE = 1 << 20;

  private final RunningServer server;
  private final Client client;
  private final String auth;
  private int logged;

  FloodIT(@TempDir Path root) throws Exception {
    server = RunningServer.start(root.resolve("data"));
    client = server.client();
    auth = "Host: x\r\nAuthorization: Bearer " + server.key() + "\r\n";
  }

  @AfterAll
  void end() {
    server.close();
  }

  @BeforeEach
  void whatWasLoggedBefore() throws IOException {
    logged = server.log().length();
  }

  @AfterEach
  void theServerLivesAndHasFailedNowhere() throws Exception {
    assertThat(server.isAlive()).isTrue();
    client.get("/machines").ok();
    var lines =
        server.log().substring(logged).lines().filter(line -> !line.startsWith("{")).toList();
    assertThat(
            lines.stream().filter(line -> line.contains("OutOfMemory") || line.contains("ERROR")))
        .isEmpty();
    await().atMost(LIMIT).until(() -> Metrics.of(client).value("platen_requests_active") == 1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private List<byte[]> post(String path, String headers, byte[] body) {
    return List.of(
        bytes(
            "POST /v1%s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n"
                .formatted(path, auth, headers, body.length)),
        body);
  }

  /** A body of one mebibyte that repeats a part. */
  private static byte[] filled(String before, String part, String after) {
    int room = MEBIBYTE - before.length() - after.length();
    return bytes(before + part.repeat(room / part.length()) + after);
  }

  private Map<Integer, Integer> flood(IntFunction<List<byte[]>> request) throws Exception {
    var over = new AtomicBoolean();
    // A thread of the system's: virtual ones would wait until the flood's let them run.
    try (var threads = Executors.newSingleThreadExecutor()) {
      Future<Integer> others = threads.submit(() -> useMeanwhile(over));
      try {
        return Crowd.send(server.url(), CLIENTS, request);
      } finally {
        over.set(true);
        assertThat(others.get()).isPositive();
      }
    }
  }

  /** What probes and people with small requests see while a flood is on. */
  private int useMeanwhile(AtomicBoolean over) {
    int rounds = 0;
    while (!over.get()) {
      assertThat(client.get("/health").text()).isEqualTo("\"HEALTHY\"");
      assertThat(client.root("/health/live").status()).isEqualTo(200);
      client.get("/machines?limit=1").ok();
      client.post("/custom-templates", Map.of("name", "n")).invalid("machineId");
      rounds++;
    }
    return rounds;
  }

  @Test
  void bodiesOfManyParts() throws Exception {
    byte[] body = filled("{\"more\":[", "{},[],", "{}]}");
    var statuses = flood(i -> post("/machines", "", body));
    assertThat(statuses.keySet()).isSubsetOf(400, 503);
  }

  /** As many texts as a body may have parts, in a field that is read. */
  @Test
  void listsOfTexts() throws Exception {
    byte[] body =
        filled("{\"accessorIds\":[", "\"" + "x".repeat(103) + "\",", "\"x\"],\"name\":1}");
    var statuses = flood(i -> post("/machines", "", body));
    assertThat(statuses.keySet()).isSubsetOf(400, 503);
    assertThat(statuses).containsKey(400);
  }

  @Test
  void bodiesOfEveryHostileKind() throws Exception {
    var bodies =
        List.of(
            filled("{\"more\":", "[", ""),
            filled("{\"more\":", "{\"a\":", ""),
            filled("{\"name\":\"", "x", "\"}"),
            filled("{\"name\":\"", "\u00c3\u00a9", "\"}"),
            filled("{\"name\":\"", "\\u0041", "\"}"),
            filled("{", "\"name\":\"x\",", "\"a\":1}"),
            filled("{\"diskSize\":", "9", "}"),
            filled("{\"diskSize\":[", "1e999999999,", "1]}"),
            filled("{\"more\":\"", "\u00ff", "\"}"),
            filled("\u00ef\u00bb\u00bf{\"more\":\"", "x", "\"}"),
            filled("", " ", ""),
            filled("{\"name\":\"n\",\"machineId\":\"", "x", "\"}"));
    var statuses =
        flood(
            i ->
                i % 3 == 0
                    ? chunked(bodies.get(i % bodies.size()))
                    : post(
                        i % 2 == 0 ? "/machines" : "/custom-templates",
                        i % 5 == 0 ? "Content-Encoding: gzip\r\n" : "",
                        bodies.get(i % bodies.size())));
    assertThat(statuses.keySet()).isSubsetOf(400, 404, 503);
  }

  private List<byte[]> chunked(byte[] body) {
    return List.of(
        bytes(
            "POST /v1/machines HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n"
                .formatted(auth, body.length)),
        body,
        bytes("\r\n0\r\n\r\n"));
  }

  @Test
  void formsOfManyFieldsWhereNobodyReadsThem() throws Exception {
    byte[] body = filled("", "a&", "");
    var paths = List.of("/v1/machines", "/v1/health", "/health/live", "/metrics", "/nothing", "/");
    var statuses =
        flood(
            i ->
                List.of(
                    bytes(
                        "POST %s HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
                            .formatted(paths.get(i % paths.size()), auth, body.length)),
                    body));
    assertThat(statuses.keySet()).isSubsetOf(400, 404, 405, 413, 503);
  }

  @Test
  void bodiesWhoseLongKeysAreNeverTheSame() throws Exception {
    byte[] rest = bytes("x".repeat(49_000) + "\":1");
    var statuses =
        flood(
            i -> {
              var parts = new ArrayList<byte[]>();
              for (int k = 0; k < 20; k++) {
                parts.add(bytes("%s\"%08d".formatted(k == 0 ? "{" : ",", i * 100 + k)));
                parts.add(rest);
              }
              parts.add(bytes("}"));
              int length = parts.stream().mapToInt(part -> part.length).sum();
              parts.addFirst(
                  bytes(
                      "POST /v1/machines HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n"
                          .formatted(auth, length)));
              return parts;
            });
    assertThat(statuses.keySet()).isSubsetOf(400, 503);
  }

  @Test
  void legalBodiesOfOneMebibyteWithIdempotencyKeys() throws Exception {
    String script = "\\u0041".repeat(64 << 10);
    byte[] body = filled("{\"name\":\"s\",\"script\":\"" + script + "\",\"more\":\"", "x", "\"}");
    assertThat(body).hasSize(MEBIBYTE);
    var statuses = flood(i -> post("/startup-scripts", "Idempotency-Key: k" + i + "\r\n", body));
    assertThat(statuses.keySet()).isSubsetOf(200, 503);
    assertThat(statuses.get(200)).isGreaterThan(20);
    var created = client.send("POST", "/startup-scripts", body, "Idempotency-Key", "again").ok();
    var text = client.get("/startup-scripts/" + created.path("id").asText() + "/script").ok();
    assertThat(text.path("script").asText()).isEqualTo("A".repeat(64 << 10));
    assertThat(client.send("POST", "/startup-scripts", body, "Idempotency-Key", "again").ok())
        .isEqualTo(created);
  }

  @Test
  void bodiesThatArriveSlowlyKeepNobodyElseOut() throws Exception {
    byte[] body = filled("{\"more\":\"", "x", "\"}");
    var head = post("/machines", "", body).getFirst();
    var slow = new ArrayList<Wire>();
    for (int i = 0; i < 200; i++) {
      slow.add(new Wire(server.url()).send(head).sendWhatIsTaken(bytes("{")));
    }
    client.get("/machines").ok();
    client.post("/custom-templates", Map.of("name", "n")).invalid("machineId");
    assertThat(Crowd.send(server.url(), 100, i -> post("/machines", "", bytes("{}"))))
        .containsOnly(Map.entry(400, 100));
    assertThat(client.send("POST", "/machines", body).error(503, "INTERNAL_SERVER_ERROR"))
        .isNotNull();
    for (var wire : slow) {
      wire.close();
    }
    await().atMost(LIMIT).until(() -> client.send("POST", "/machines", body).status() == 400);
  }

  @Test
  void headsOfManyHeadersThatNeverEnd() throws Exception {
    var head =
        bytes("GET /v1/health?" + "a&".repeat(3900) + " HTTP/1.1\r\n" + "a:b\r\n".repeat(3000));
    var wires = new ArrayList<Wire>();
    for (int i = 0; i < CLIENTS; i++) {
      wires.add(new Wire(server.url()).sendWhatIsTaken(head));
    }
    for (var wire : wires) {
      assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(400);
      wire.close();
    }
    var longest =
        bytes("GET /v1/health HTTP/1.1\r\n" + ("a: " + "b".repeat(150) + "\r\n").repeat(90));
    var open = new ArrayList<Wire>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      open.add(new Wire(server.url()).sendWhatIsTaken(longest));
    }
    client.get("/machines").ok();
    for (var wire : open) {
      wire.close();
    }
  }

  @Test
  void manyRequestsAtOnceOnEachConnection() throws Exception {
    var requests =
        bytes(
            ("GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n" + "a:b\r\n".repeat(80) + "\r\n")
                .repeat(200));
    var open = new ArrayList<Wire>();
    for (int i = 0; i < CLIENTS; i++) {
      open.add(new Wire(server.url()).sendWhatIsTaken(requests));
    }
    await().atMost(LIMIT).ignoreExceptions().until(() -> client.get("/machines").status() == 200);
    for (var wire : open) {
      wire.close();
    }
  }

  @Test
  void longPagesForAThousandClients() throws Exception {
    makeScripts();
    var list = get("/v1/startup-scripts?limit=120");
    assertThat(flood(i -> List.of(list)).keySet()).isSubsetOf(200, 503);
  }

  private byte[] get(String path) {
    return bytes("GET " + path + " HTTP/1.1\r\n" + auth + "\r\n");
  }

  @Test
  void answersThatNobodyTakes() throws Exception {
    for (String path : List.of("/v1/openapi.json", "/reference/")) {
      var deaf = new ArrayList<Wire>();
      for (int i = 0; i < 2 * CLIENTS; i++) {
        deaf.add(new Wire(server.url()).sendWhatIsTaken(get(path)));
      }
      assertThat(client.get("/health").text()).isEqualTo("\"HEALTHY\"");
      await().atMost(LIMIT).until(() -> client.get("/machines").status() == 200);
      for (var wire : deaf) {
        wire.close();
      }
    }
  }

  /** Names of 255 characters that take four bytes each. */
  private void makeScripts() throws Exception {
    var tasks = new ArrayList<Callable<Client.Answer>>();
    for (int i = 0; i < 120; i++) {
      String name = "%03d".formatted(i) + "\ud83d\ude00".repeat(252);
      tasks.add(
          () ->
              client.post(
                  "/startup-scripts", Map.of("name", name, "script", "x".repeat(64 << 10))));
    }
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var made : threads.invokeAll(tasks)) {
        made.get().ok();
      }
    }
  }
}
