package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What operators see: the access log, metrics, health, the page at the root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OperationsIT {
  private final SharedServer shared;
  private final String team;
  private final String key;
  private final Client client;

  OperationsIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    key = shared.seed().key(team);
    client = shared.server().client(key);
  }

  private HttpResponse<String> page(String path) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(shared.server().url().resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private Optional<JsonNode> logged(String requestId) throws IOException {
    for (var line : shared.server().log().lines().toList()) {
      if (line.startsWith("{") && line.contains(requestId)) {
        return Optional.of(Client.JSON.readTree(line));
      }
    }
    return Optional.empty();
  }

  private JsonNode logOf(Client.Answer answer) {
    String id = answer.headers().firstValue("x-request-id").orElseThrow();
    return await().until(() -> logged(id), Optional::isPresent).orElseThrow();
  }

  @Test
  void everyRequestHasALineThatNamesItsTeamAndItsKeyButNotTheSecret() throws Exception {
    var line = logOf(client.get("/machines/ps1?name=secret"));
    assertThat(line.path("method").asText()).isEqualTo("GET");
    assertThat(line.path("route").asText()).isEqualTo("/v1/machines/{id}");
    assertThat(line.path("status").asInt()).isEqualTo(404);
    var session = client.get("/auth/session").ok();
    assertThat(line.path("team")).isEqualTo(session.path("team").path("id"));
    assertThat(line.path("key")).isEqualTo(session.path("user").path("id"));
    assertThat(line.path("millis").isNumber()).isTrue();
    assertThat(line.path("bytesOut").asInt()).isPositive();
    assertThat(shared.server().log()).doesNotContain(key).doesNotContain("name=secret");
  }

  @Test
  void refusedRequestsAreLoggedToo() {
    var nobody = new Client(shared.server().url(), null);
    assertThat(logOf(nobody.get("/machines")).path("status").asInt()).isEqualTo(401);
    assertThat(logOf(nobody.get("/nothing")).path("route").isNull()).isTrue();
  }

  @Test
  void metricsTellOfRequestsByRouteAndOfCaptures() throws Exception {
    var machine = shared.seed().machine(team, "m", shared.disk(1 << 20), 1 << 20);
    client.captured(machine, "metrics");
    client.get("/machines/" + machine).ok();
    var metrics = page("/metrics").body();
    assertThat(metrics)
        .contains(
            "http_server_requests_seconds_count{method=\"GET\",outcome=\"SUCCESS\",status=\"200\",uri=\"/v1/machines/{id}\"}")
        .contains("http_server_requests_seconds_bucket{")
        .containsPattern(
            "platen_jobs_ended_total\\{name=\"template-create\",state=\"done\"\\} [1-9]")
        .containsPattern("platen_capture_bytes_total\\{kind=\"read\"\\} [1-9]")
        .contains("platen_jobs_running{name=\"template-create\"}")
        .contains("platen_events_open{name=\"template-create\",state=\"new\"}")
        .contains("platen_events_oldest_seconds")
        .contains("platen_store_bytes")
        .contains("platen_store_free_bytes")
        .contains("platen_key_cache_gets_total")
        .doesNotContain(machine);
  }

  @Test
  void livenessAndReadinessAreApart() throws Exception {
    assertThat(page("/health/live").statusCode()).isEqualTo(200);
    var ready = page("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).contains("\"database\": \"ok\"").contains("\"store\": \"ok\"");
  }

  @Test
  void thePageAtTheRootLeadsToAReferenceThatNeedsNothingFromElsewhere() throws Exception {
    var root = page("/");
    assertThat(root.statusCode()).isEqualTo(200);
    assertThat(root.headers().firstValue("content-type").orElse("")).startsWith("text/html");
    assertThat(root.body())
        .contains("/reference/", "/v1/openapi.json", "/health/ready", "/metrics");
    var reference = page("/reference/");
    assertThat(reference.statusCode()).isEqualTo(200);
    assertThat(reference.body()).contains("/v1/openapi.json");
    // Nothing is loaded from another host.
    assertThat(reference.body()).doesNotContainPattern("(src|href)=\"(https?:)?//");
    assertThat(page("/reference/swagger-ui-bundle.js").statusCode()).isEqualTo(200);
  }
}
