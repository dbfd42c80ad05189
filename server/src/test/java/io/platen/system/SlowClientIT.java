package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that send slowly, or nothing, and too many of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SlowClientIT {
  /** 30 s, and a second for the next look at the clock. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final SharedServer shared;
  private final Client client;

  SlowClientIT() throws Exception {
    shared = SharedServer.get();
    client = shared.client(shared.team());
  }

  /** One that sends something every second. */
  private static boolean trickle(List<Wire> wires, String piece) throws Exception {
    boolean closed = true;
    for (var wire : wires) {
      if (!wire.isClosed()) {
        closed = false;
        try {
          wire.send(piece);
        } catch (java.io.IOException e) {
          // Closed in between; the next look sees it.
          assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe|abort).*");
        }
      }
    }
    return closed;
  }

  @Test
  void whoeverTricklesAHeadOrABodyIsDisconnectedAndHoldsNoWorkerMeanwhile() throws Exception {
    var url = shared.server().url();
    var wires = new ArrayList<Wire>();
    try {
      for (int i = 0; i < 300; i++) {
        wires.add(new Wire(url));
        wires.add(
            new Wire(url)
                .send("POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"));
        wires.add(new Wire(url).send("GET /v1/health HTTP/1.1\r\n"));
      }
      // More than there are workers, all of them sending: others are served as ever.
      for (int i = 0; i < 20; i++) {
        client.get("/machines").ok();
      }
      await().atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).until(() -> trickle(wires, "x"));
    } finally {
      for (var wire : wires) {
        wire.close();
      }
    }
  }

  @Test
  void aBodyThatDoesNotArriveIsAnsweredBeforeTheConnectionGoes() throws Exception {
    try (var wire = new Wire(shared.server().url())) {
      wire.send("PUT /v1/machines/ps1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
      assertThat(wire.rest(LIMIT))
          .startsWith("HTTP/1.1 400 ")
          .contains("\"code\":\"BAD_REQUEST\"")
          .contains("did not arrive within 30 seconds");
    }
  }

  @Test
  void moreConnectionsThanThereIsRoomForPushOutTheIdleOnes() throws Exception {
    var wires = new ArrayList<Wire>();
    try {
      for (int i = 0; i < 4500; i++) {
        wires.add(new Wire(shared.server().url()));
      }
      client.get("/machines").ok();
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> {
                int open = 0;
                for (var wire : wires) {
                  open += wire.isClosed() ? 0 : 1;
                }
                assertThat(open).isLessThanOrEqualTo(4096);
              });
    } finally {
      for (var wire : wires) {
        wire.close();
      }
    }
  }
}
