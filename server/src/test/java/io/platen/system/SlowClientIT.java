package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.HttpAnswer;
import io.platen.support.Metrics;
import io.platen.support.OpenFiles;
import io.platen.support.RunningServer;
import io.platen.support.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients that take their time take none of the server's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SlowClientIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SLOW = 100;
  private static final int DEAF = 20;

  private final RunningServer server;
  private final Client client;
  private final String head;

  SlowClientIT(@TempDir Path root) throws Exception {
    var config =
        Files.writeString(
            root.resolve("platen.yaml"),
            "http: {receiveSeconds: 3, idleSeconds: 4, answerSeconds: 5}\n");
    server = RunningServer.start(root.resolve("data"), "--config", config.toString());
    client = server.client();
    head =
        "POST /v1/machines HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 9999\r\n"
            .formatted(server.key());
  }

  @AfterAll
  void end() {
    server.close();
  }

  /** Sends a byte on each connection that is still there; returns those that are. */
  private static List<Wire> trickle(List<Wire> wires) throws IOException {
    var open = new ArrayList<Wire>();
    for (var wire : wires) {
      if (!wire.isClosed() && wire.sendIfTaken("x")) {
        open.add(wire);
      }
    }
    return open;
  }

  @Test
  void whoeverSendsAByteNowAndThenIsCutOffAndOthersAreServedMeanwhile() throws Exception {
    var headers = new ArrayList<Wire>();
    var bodies = new ArrayList<Wire>();
    var second = new ArrayList<Wire>();
    for (int i = 0; i < SLOW; i++) {
      headers.add(new Wire(server.url()).send(head + "X-Slow: "));
      bodies.add(new Wire(server.url()).send(head + "\r\n"));
    }
    // The head of a second request, on a connection that was of use already.
    for (int i = 0; i < DEAF; i++) {
      var wire = new Wire(server.url()).send("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(200);
      second.add(wire.send(head + "X-Slow: "));
    }
    assertThat(OpenFiles.of(server.pid()).sockets()).isGreaterThan(2 * SLOW + DEAF);

    var open = new ArrayList<List<Wire>>(List.of(headers, second));
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              open.replaceAll(wires -> trickleAll(wires));
              for (var wire : bodies) {
                wire.sendIfTaken("x");
              }
              client.get("/machines").ok();
              return open.stream().allMatch(List::isEmpty) && sockets() <= 16;
            });
    for (var wire : bodies) {
      var told = wire.answer(LIMIT);
      // A reset that overtakes the answer can't be helped: the client was sending.
      if (told != null) {
        assertThat(told.status()).isEqualTo(400);
        assertThat(told.body()).contains("did not arrive within 3 seconds");
      }
      wire.close();
    }
    assertThat(server.log()).doesNotContain("ERROR", "WARN");
  }

  private static List<Wire> trickleAll(List<Wire> wires) {
    try {
      return trickle(wires);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private int sockets() throws IOException {
    return OpenFiles.of(server.pid()).sockets();
  }

  @Test
  void whoeverDoesNotTakeItsAnswersIsCutOffAndTheyDoNotFillTheMemory() throws Exception {
    var request = "GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    var deaf = new ArrayList<Wire>();
    for (int i = 0; i < DEAF; i++) {
      // Their answers would be more than a gigabyte.
      deaf.add(new Wire(server.url()).send(request.repeat(400)));
    }
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              client.get("/machines").ok();
              return sockets() <= 16;
            });
    for (var wire : deaf) {
      wire.close();
    }
    await().atMost(LIMIT).until(() -> Metrics.of(client).value("platen_requests_active") == 1);
    assertThat(server.log()).doesNotContain("OutOfMemory", "ERROR");
  }

  @Test
  void aBodyThatWasRefusedIsNotTakenForEver() throws Exception {
    try (var wire = new Wire(server.url())) {
      wire.send("POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");
      assertThat(wire.answer(LIMIT)).extracting(HttpAnswer::status).isEqualTo(413);
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !wire.sendIfTaken("x".repeat(1000)));
    }
  }
}
