package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Store;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notices reach the receiver of the documentation, whatever happens on the way. */
final class WebhookIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  @SuppressWarnings("NullAway.Init")
  private Map<String, String> environment;

  private JsonNode doctor(Path data) throws Exception {
    var ended =
        Program.run(
            App.command(List.of(), List.of("doctor", "--json", "--data", "" + data)), environment);
    assertThat(ended.out()).as("%s", ended).contains("findings");
    for (var finding : new ObjectMapper().readTree(ended.out()).path("findings")) {
      if (finding.path("what").asText().equals("notices")) {
        return finding;
      }
    }
    throw new AssertionError(ended.out());
  }

  @Test
  void whatFailsIsToldOnceAfterTheReceiverFailedAndTheServerWasKilled() throws Exception {
    var secret = root.resolve("secret");
    Program.succeed("sh", "-c", "umask 077; echo \"whsec_$(openssl rand -base64 32)\" > " + secret);
    var tried = ConcurrentHashMap.<String>newKeySet();
    var failing = failingReceiver(tried);
    int port = failing.getAddress().getPort();
    environment =
        Map.of(
            "PLATEN_NOTIFY_URL",
            "http://127.0.0.1:" + port + "/hook/path-is-secret",
            "PLATEN_NOTIFY_SECRET_FILE",
            secret.toString(),
            // More than this host has: the store is nearly full from the start.
            "PLATEN_NOTIFY_STORE_FREE_GB",
            "1048576");
    try (var server = RunningServer.start(root.resolve("data"), List.of(), environment);
        var seed = Seed.of(server)) {
      var client = server.client();
      var kept = Disks.random(root.resolve("kept.raw"), 2 << 20, 1);
      String template = client.captured(seed.adopt(kept, DiskFormat.RAW), "kept");
      var lost = Disks.random(root.resolve("lost.raw"), 1 << 20, 2);
      String machine = seed.adopt(lost, DiskFormat.RAW);
      Files.delete(lost);
      fails(client, client.capture(machine, "golden"));
      fails(client, client.post("/snapshots", Map.of("machineId", machine, "name", "hourly")).ok());
      await().atMost(LIMIT).until(() -> tried.size() == 3);
      var finding = doctor(server.data());
      assertThat(finding.path("kind").asText()).isEqualTo("missing");
      assertThat(finding.path("detail").asText())
          .startsWith("http://127.0.0.1:" + port + " takes none")
          .contains("it answers 500");

      server.kill9();
      failing.stop(0);
      corruptAChunk(server.data(), template);
      var verified =
          Program.run(
              App.command(List.of(), List.of("verify", "--data", "" + server.data())), environment);
      assertThat(verified.status()).as("%s", verified).isEqualTo(1);
      var told = root.resolve("told");
      var receiver =
          new ProcessBuilder("python3", "../docs/webhook/receive.py", "" + secret, "" + port)
              .redirectOutput(told.toFile())
              .redirectError(root.resolve("receiver.log").toFile())
              .start();
      try {
        server.startAgain();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(Files.readAllLines(told)).hasSize(4));
        assertThat(Files.readString(told))
            .containsPattern(
                "capture.failed The capture \"golden\" of machine \".*\" failed: .*lost.raw")
            .contains("snapshot.failed The snapshot \"hourly\"")
            .contains("store.nearly_full The store has")
            .contains(
                "store.damaged The store has 1 bad chunks, which damage 1 templates", template);
        await().atMost(LIMIT).until(() -> doctor(server.data()).path("kind").asText().equals("ok"));
        assertThat(server.log()).contains("store.damaged").doesNotContain("path-is-secret");
      } finally {
        receiver.destroyForcibly().waitFor();
      }
    }
  }

  /** Takes nothing, and notes the ids. */
  private static HttpServer failingReceiver(Set<String> tried) throws Exception {
    var receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          tried.add(exchange.getRequestHeaders().getFirst("webhook-id"));
          exchange.sendResponseHeaders(500, -1);
          exchange.close();
        });
    receiver.start();
    return receiver;
  }

  private static void fails(Client client, JsonNode answer) throws Exception {
    var event = client.awaitEnd(answer.path("event").path("id").asText());
    assertThat(event.path("state").asText()).isEqualTo("error");
  }

  private static void corruptAChunk(Path data, String template) throws Exception {
    var store = new Store(data);
    var chunk = store.chunk(store.chunks(template).iterator().next());
    Files.writeString(chunk, "nothing of a disk");
  }
}
