package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.Contract;
import io.platen.support.Shapes;
import io.platen.support.SharedServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The OpenAPI document, held against the server. Every other test checks its answers against it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ContractIT {
  private final SharedServer shared;
  private final String team;
  private final Client client;
  private final Contract contract;

  ContractIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    contract = new Contract(client.get("/openapi.json").text());
  }

  @Test
  void everyEndpointOfTheDocumentIsThere() throws Exception {
    for (var operation : contract.operations()) {
      String id = operation.path().contains("{ip}") ? "192.0.2.9" : "unknown1";
      String path = operation.path().replaceAll("\\{[^}]*}", id).substring("/v1".length());
      var answer = client.send(operation.method(), path, null);
      assertThat(answer.status()).as(operation.toString()).isNotEqualTo(405);
      if (answer.status() == 404) {
        assertThat(answer.text()).contains(id).doesNotContain("nothing at this path");
      }
      contract.check(operation.method(), operation.path(), answer.status(), answer.text());
    }
  }

  @Test
  void whatTheContractNamesIsInTheDocument() {
    for (var endpoint :
        List.of(
            "GET /v1/custom-templates",
            "POST /v1/custom-templates",
            "GET /v1/custom-templates/{id}",
            "PUT /v1/custom-templates/{id}",
            "DELETE /v1/custom-templates/{id}",
            "GET /v1/custom-templates/{id}/storage",
            "GET /v1/custom-templates/{id}/protection",
            "POST /v1/custom-templates/{id}/undelete",
            "POST /v1/custom-templates/{id}/protect",
            "POST /v1/custom-templates/{id}/unprotect",
            "POST /v1/custom-templates/{id}/distribute",
            "GET /v1/machine-events",
            "GET /v1/machine-events/{id}",
            "GET /v1/machine-events/{id}/progress",
            "POST /v1/machine-events/{id}/cancel",
            "GET /v1/machines",
            "GET /v1/machines/{id}/console",
            "POST /v1/machines",
            "GET /v1/machines/{id}",
            "PUT /v1/machines/{id}",
            "DELETE /v1/machines/{id}",
            "PATCH /v1/machines/{id}/start",
            "PATCH /v1/machines/{id}/stop",
            "PATCH /v1/machines/{id}/restart",
            "GET /v1/os-templates",
            "GET /v1/startup-scripts",
            "POST /v1/startup-scripts",
            "GET /v1/startup-scripts/{id}",
            "PUT /v1/startup-scripts/{id}",
            "GET /v1/startup-scripts/{id}/script",
            "DELETE /v1/startup-scripts/{id}",
            "POST /v1/startup-scripts/{id}/assign",
            "POST /v1/startup-scripts/{id}/unassign",
            "GET /v1/private-networks",
            "POST /v1/private-networks",
            "GET /v1/private-networks/{id}",
            "PUT /v1/private-networks/{id}",
            "DELETE /v1/private-networks/{id}",
            "GET /v1/snapshots",
            "POST /v1/snapshots",
            "GET /v1/snapshots/{id}",
            "PUT /v1/snapshots/{id}",
            "DELETE /v1/snapshots/{id}",
            "POST /v1/snapshots/{id}/restore",
            "POST /v1/snapshots/{id}/undelete",
            "GET /v1/public-ips",
            "POST /v1/public-ips",
            "PUT /v1/public-ips/{ip}",
            "DELETE /v1/public-ips/{ip}",
            "GET /v1/auth/session",
            "GET /v1/billing/account-standing",
            "GET /v1/machine-availability",
            "GET /v1/health",
            "GET /v1/openapi.json")) {
      var words = endpoint.split(" ", -1);
      assertThat(contract.operation(words[0], words[1])).as(endpoint).isPresent();
    }
  }

  /** Neither a key more nor one less, and none of another type; answers are held against these. */
  @Test
  void theObjectsAreThoseThatClientsWereWrittenFor() throws Exception {
    assertThat(Shapes.of(contract.document())).isEqualTo(Shapes.written());
  }

  @Test
  void noDateIsDescribedByAPattern() {
    assertThat(contract.document().toString())
        .contains("\"date-time\"")
        .doesNotContain("\"pattern\"");
  }

  @Test
  void listsSayTheirLimitsAndOrders() {
    var parameters =
        contract.operation("GET", "/v1/custom-templates").orElseThrow().json().path("parameters");
    assertThat(parameters.findValuesAsText("name"))
        .containsExactlyInAnyOrder(
            "after", "limit", "orderBy", "order", "name", "machineId", "deleted");
    var limit = named(parameters, "limit").path("schema");
    assertThat(limit.path("minimum").asInt()).isEqualTo(1);
    assertThat(limit.path("maximum").asInt()).isEqualTo(120);
    assertThat(named(parameters, "orderBy").path("schema").path("enum").toString())
        .isEqualTo("[\"dtCreated\",\"name\"]");
  }

  private static JsonNode named(JsonNode parameters, String name) {
    for (var parameter : parameters) {
      if (parameter.path("name").asText().equals(name)) {
        return parameter;
      }
    }
    throw new AssertionError("no parameter " + name);
  }

  @Test
  void everyPostTakesAnIdempotencyKeyAndOnlyFourPathsNeedNoApiKey() {
    for (var operation : contract.operations()) {
      boolean takes =
          operation.json().path("parameters").findValuesAsText("name").contains("Idempotency-Key");
      assertThat(takes).as(operation.path()).isEqualTo(operation.method().equals("POST"));
      boolean open = operation.json().has("security");
      assertThat(open)
          .as(operation.path())
          .isEqualTo(
              List.of("/v1/health", "/v1/openapi.json", "/v1/os-templates", "/v1/auth/session")
                  .contains(operation.path()));
    }
  }

  @Test
  void theAnswersOfAWholeFlowAreAsTheDocumentSays() throws Exception {
    var machine = shared.seed().machine(team, "flow", shared.disk(1 << 20), 1 << 20);
    var template = client.captured(machine, "contract");
    var copy = client.launched(template, 50, "copy");
    check("GET", "/custom-templates?limit=1", null);
    check("GET", "/custom-templates/" + template, null);
    check("GET", "/custom-templates/" + template + "/storage", null);
    check("PUT", "/custom-templates/" + template, Map.of("name", "renamed"));
    check("GET", "/machines", null);
    check("GET", "/machines/" + copy, null);
    check("PUT", "/machines/" + copy, Map.of("name", "renamed", "machineType", "C6"));
    check("GET", "/machine-events?limit=2", null);
    var script = client.post("/startup-scripts", Map.of("name", "s", "script", "true")).ok();
    var path = "/startup-scripts/" + script.path("id").asText();
    check("GET", "/startup-scripts", null);
    check("GET", path, null);
    check("GET", path + "/script", null);
    check("POST", path + "/assign", Map.of("machineId", copy));
    check("POST", path + "/unassign", Map.of("machineId", copy));
    check("PUT", path, Map.of("isEnabled", false));
    check("DELETE", path, null);
    check("GET", "/private-networks", null);
    check("POST", "/private-networks", Map.of("name", "n", "region", "ny2"));
    check("GET", "/public-ips", null);
    check("GET", "/billing/account-standing", null);
    check("GET", "/projects", null);
    var snapshot = client.post("/snapshots", Map.of("machineId", copy, "name", "contract")).ok();
    client.awaitDone(snapshot);
    String id = snapshot.path("data").path("id").asText();
    check("GET", "/snapshots?limit=1", null);
    check("GET", "/snapshots/" + id, null);
    check("PUT", "/snapshots/" + id, Map.of("name", "renamed"));
    check("POST", "/snapshots/" + id + "/restore", Map.of("createSnapshotBeforeRestore", "x"));
    check("DELETE", "/snapshots/" + id, null);
    check("GET", "/snapshots?deleted=true", null);
    check("POST", "/snapshots/" + id + "/undelete", null);
    check("DELETE", "/snapshots/" + id + "?purge=true", null);
    check("DELETE", "/machines/" + copy, null);
    check("POST", "/custom-templates/" + template + "/distribute", Map.of("region", "ca1"));
    check("POST", "/custom-templates/" + template + "/protect", null);
    check("DELETE", "/custom-templates/" + template, null);
    check("GET", "/custom-templates/" + template + "/protection", null);
    check("POST", "/custom-templates/" + template + "/unprotect", null);
    check("DELETE", "/custom-templates/" + template, null);
    check("GET", "/custom-templates?deleted=true", null);
    check("POST", "/custom-templates/" + template + "/undelete", null);
    check("DELETE", "/custom-templates/" + template + "?purge=true", null);
    check("GET", "/auth/session", null);
    check("GET", "/machine-availability?machineType=C5&region=ny2", null);
    check("GET", "/machine-availability", null);
    check("GET", "/os-templates", null);
    check("POST", "/machines", Map.of("name", "", "diskSize", 7));
  }

  private void check(String method, String path, @org.jspecify.annotations.Nullable Object body)
      throws Exception {
    var answer = client.send(method, path, body);
    contract.check(method, "/v1" + path, answer.status(), answer.text());
  }
}
