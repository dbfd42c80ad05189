package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.SharedServer;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Startup scripts, private networks and public addresses, on a server without a hypervisor. */
class NeighbourApiIT {
  private SharedServer shared;
  private Client client;
  private Client other;
  private String team;
  private String machine;

  @BeforeEach
  void team() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    other = shared.client(shared.team());
    machine = shared.seed().machine(team, "worker", shared.disk(1 << 20), 1 << 20);
  }

  /** A machine that was launched here; startup scripts are given to no other. */
  private String launched() {
    return client.launched(client.captured(machine, "template"), 50, "launched");
  }

  private JsonNode script(String name) {
    return client
        .post("/startup-scripts", Map.of("name", name, "script", "#!/bin/sh\necho hello\n"))
        .ok();
  }

  private String text(JsonNode made) {
    return client.get("/startup-scripts/" + id(made) + "/script").ok().path("script").asText();
  }

  private static String id(JsonNode object) {
    return object.path("id").asText();
  }

  @Test
  void aStartupScriptIsMadeReadChangedAndDeleted() {
    var made = script("first");
    assertThat(StreamSupport.stream(((Iterable<String>) made::fieldNames).spliterator(), false))
        .containsExactly(
            "id",
            "name",
            "description",
            "isEnabled",
            "isRunOnce",
            "assignedMachineIds",
            "dtCreated",
            "dtDeleted");
    assertThat(made.path("isEnabled").asBoolean()).isTrue();
    assertThat(made.path("isRunOnce").asBoolean()).isFalse();
    assertThat(made.path("dtDeleted").isNull()).isTrue();
    assertThat(client.get("/startup-scripts/" + id(made)).ok()).isEqualTo(made);

    var changed =
        client
            .put(
                "/startup-scripts/" + id(made),
                Map.of("name", "second", "isRunOnce", true, "description", "says hello"))
            .ok();
    assertThat(changed.path("name").asText()).isEqualTo("second");
    assertThat(client.get("/startup-scripts/" + id(made) + "/script").ok().toString())
        .isEqualTo("{\"script\":\"#!/bin/sh\\necho hello\\n\"}");
    assertThat(changed.path("isRunOnce").asBoolean()).isTrue();
    assertThat(changed.path("description").asText()).isEqualTo("says hello");

    assertThat(client.delete("/startup-scripts/" + id(made)).ok().path("dtDeleted").isTextual())
        .isTrue();
    client.get("/startup-scripts/" + id(made)).error(404, "NOT_FOUND");
    client.delete("/startup-scripts/" + id(made)).error(404, "NOT_FOUND");
  }

  @Test
  void whatIsWrongWithAStartupScriptIsSaid() {
    client.post("/startup-scripts", Map.of("script", "x")).invalid("name");
    client.post("/startup-scripts", Map.of("name", "x")).invalid("script");
    client.post("/startup-scripts", Map.of("name", "x", "script", "")).invalid("script");
    var longest = "é".repeat(32 << 10);
    client.post("/startup-scripts", Map.of("name", "x", "script", longest + "x")).invalid("script");
    var filled = client.post("/startup-scripts", Map.of("name", "x", "script", longest)).ok();
    assertThat(text(filled)).isEqualTo(longest);
    for (var unstorable : List.of("\\u0000", "\\ud800")) {
      client
          .post("/startup-scripts", "{\"name\":\"x\",\"script\":\"x%s\"}".formatted(unstorable))
          .invalid("script");
      client
          .post(
              "/startup-scripts",
              "{\"name\":\"x\",\"script\":\"x\",\"description\":\"%s\"}".formatted(unstorable))
          .invalid("description");
    }
    client
        .post(
            "/startup-scripts", Map.of("name", "x", "script", "x", "description", "x".repeat(4097)))
        .invalid("description");
    var made = script("kept");
    client.put("/startup-scripts/" + id(made), Map.of("script", "")).invalid("script");
    client.put("/startup-scripts/" + id(made), Map.of("script", longest + "x")).invalid("script");
    client.put("/startup-scripts/" + id(made), Map.of("isEnabled", "yes")).invalid("isEnabled");
    assertThat(client.get("/startup-scripts/" + id(made)).ok()).isEqualTo(made);
    assertThat(text(made)).isEqualTo("#!/bin/sh\necho hello\n");
  }

  @Test
  void startupScriptsAreListedByNameInPages() {
    IntStream.range(0, 5).forEach(i -> script("Nightly " + i));
    script("other");
    var page = client.get("/startup-scripts?name=NIGHT&limit=3&orderBy=name&order=asc").ok();
    assertThat(page.path("items").findValuesAsText("name"))
        .containsExactly("Nightly 0", "Nightly 1", "Nightly 2");
    assertThat(page.path("items").get(0).has("script")).isFalse();
    var rest =
        client
            .get(
                "/startup-scripts?name=NIGHT&limit=3&orderBy=name&order=asc&after="
                    + Client.encode(page.path("nextPage").asText()))
            .ok();
    assertThat(rest.path("items").findValuesAsText("name"))
        .containsExactly("Nightly 3", "Nightly 4");
    assertThat(rest.path("hasMore").asBoolean()).isFalse();
  }

  @Test
  void aStartupScriptIsAssignedToAMachineAndTakenFromIt() {
    var made = script("assigned");
    String path = "/startup-scripts/" + id(made);
    String launched = launched();
    var body = Map.of("machineId", launched);
    assertThat(client.post(path + "/assign", body).ok().path("assignedMachineIds"))
        .extracting(JsonNode::asText)
        .containsExactly(launched);
    assertThat(
            client
                .get("/startup-scripts?name=assigned")
                .ok()
                .path("items")
                .get(0)
                .path("assignedMachineIds"))
        .extracting(JsonNode::asText)
        .containsExactly(launched);
    // A machine has one.
    var second = script("instead");
    client.post("/startup-scripts/" + id(second) + "/assign", body).ok();
    assertThat(client.get(path).ok().path("assignedMachineIds")).isEmpty();
    client.post(path + "/unassign", body).error(404, "NOT_FOUND");
    assertThat(
            client
                .post("/startup-scripts/" + id(second) + "/unassign", body)
                .ok()
                .path("assignedMachineIds"))
        .isEmpty();
    client.post(path + "/assign", Map.of()).invalid("machineId");
    client.post(path + "/assign", Map.of("machineId", "psunknown")).error(404, "NOT_FOUND");
    client.post(path + "/assign", body).ok();
    client.awaitDone(client.delete("/machines/" + launched).ok());
    assertThat(client.get(path).ok().path("assignedMachineIds")).isEmpty();
    client.post(path + "/assign", body).error(404, "NOT_FOUND");
  }

  @Test
  void aMachineThatCouldNotRunAStartupScriptIsNotGivenOne() throws Exception {
    String id = id(script("refused"));
    var adopted = client.post("/startup-scripts/" + id + "/assign", Map.of("machineId", machine));
    assertThat(adopted.error(409, "CONFLICT").path("message").asText()).contains("adopted");
    var windows =
        shared
            .seed()
            .machine(
                team,
                "windows",
                shared.disk(1 << 20),
                1 << 20,
                "ny2",
                "C5",
                "WindowsDesktop",
                null);
    String template = client.captured(windows, "windows");
    client
        .post(
            "/machines",
            Map.of(
                "name",
                "x",
                "machineType",
                "C5",
                "templateId",
                template,
                "diskSize",
                50,
                "region",
                "ny2",
                "startupScriptId",
                id))
        .invalid("startupScriptId");
    var copy = client.launched(template, 50, "copy");
    var assigned = client.post("/startup-scripts/" + id + "/assign", Map.of("machineId", copy));
    assertThat(assigned.error(409, "CONFLICT").path("message").asText()).contains("Windows");
    assertThat(client.get("/startup-scripts/" + id).ok().path("assignedMachineIds")).isEmpty();
  }

  @Test
  void aReadOnlyKeyChangesNothing() {
    String path = "/startup-scripts/" + id(script("kept"));
    var reader = shared.server().client(shared.seed().readOnlyKey(team));
    reader.get(path).ok();
    reader.get("/startup-scripts").ok();
    reader.get("/private-networks").ok();
    reader.get("/public-ips").ok();
    var body = Map.of("machineId", machine);
    for (var refused :
        List.of(
            reader.post("/startup-scripts", Map.of("name", "x", "script", "x")),
            reader.put(path, Map.of("name", "x")),
            reader.delete(path),
            reader.post(path + "/assign", body),
            reader.post(path + "/unassign", body),
            reader.post("/private-networks", Map.of("name", "x", "region", "ny2")),
            reader.delete("/private-networks/nunknown"),
            reader.post("/public-ips", Map.of("region", "ny2")))) {
      refused.error(403, "FORBIDDEN");
    }
  }

  @Test
  void aRepeatedPostIsAnsweredAlikeAndDoneOnce() {
    var body = Map.of("name", "once", "script", "x");
    String[] key = {"Idempotency-Key", "neighbour"};
    var first = client.send("POST", "/startup-scripts", body, key);
    var second = client.send("POST", "/startup-scripts", body, key);
    assertThat(first.ok()).isEqualTo(second.ok());
    assertThat(client.get("/startup-scripts?name=once").ok().path("items")).hasSize(1);
    client
        .send("POST", "/startup-scripts", Map.of("name", "other", "script", "x"), key)
        .error(409, "CONFLICT");
    client.send("POST", "/public-ips", Map.of("region", "ny2"), key).error(409, "CONFLICT");
  }

  @Test
  void anotherTeamsStartupScriptIsUnknown() {
    String id = id(script("mine"));
    String path = "/startup-scripts/" + id;
    UnaryOperator<String> unknown = text -> text.replace(id, "scunknown");
    for (var answers :
        List.of(
            List.of(other.get(path), other.get(unknown.apply(path))),
            List.of(
                other.put(path, Map.of("name", "x")),
                other.put(unknown.apply(path), Map.of("name", "x"))),
            List.of(other.delete(path), other.delete(unknown.apply(path))),
            List.of(
                other.post(path + "/assign", Map.of("machineId", machine)),
                other.post(unknown.apply(path) + "/assign", Map.of("machineId", machine))),
            List.of(
                other.post(path + "/unassign", Map.of("machineId", machine)),
                other.post(unknown.apply(path) + "/unassign", Map.of("machineId", machine))))) {
      assertThat(unknown.apply(answers.getFirst().text())).isEqualTo(answers.getLast().text());
      answers.getFirst().error(404, "NOT_FOUND");
    }
    var mine = script("also mine");
    var foreign = other.post("/startup-scripts", Map.of("name", "x", "script", "x")).ok();
    other
        .post("/startup-scripts/" + id(foreign) + "/assign", Map.of("machineId", machine))
        .error(404, "NOT_FOUND");
    assertThat(client.get("/startup-scripts/" + id(mine)).ok()).isEqualTo(mine);
  }

  @Test
  void withoutAHypervisorThereAreNoPrivateNetworks() {
    assertThat(client.get("/private-networks").ok().path("items")).isEmpty();
    client
        .post("/private-networks", Map.of("name", "lab", "region", "ny2"))
        .error(412, "PRECONDITION_FAILED");
    client.post("/private-networks", Map.of("name", "lab", "region", "moon")).invalid("region");
    client.get("/private-networks/nunknown").error(404, "NOT_FOUND");
    client.delete("/private-networks/nunknown").error(404, "NOT_FOUND");
    client.get("/private-networks?region=moon").invalid("region");
  }

  @Test
  void thereAreNoPublicAddresses() {
    var page = client.get("/public-ips?orderBy=dtCreated&order=asc").ok();
    assertThat(page.path("items")).isEmpty();
    assertThat(page.path("nextPage").isNull()).isTrue();
    client.get("/public-ips?orderBy=name").invalid("orderBy");
    client.post("/public-ips", Map.of("region", "ny2")).error(412, "PRECONDITION_FAILED");
    client.put("/public-ips/192.0.2.1", Map.of("machineId", machine)).error(404, "NOT_FOUND");
    client.put("/public-ips/192.0.2.1", Map.of()).invalid("machineId");
    client.put("/public-ips/192.0.2.1", Map.of("machineId", "")).invalid("machineId");
    client.delete("/public-ips/192.0.2.1").error(404, "NOT_FOUND");
    client.post("/public-ips", Map.of()).invalid("region");
    client.post("/public-ips", Map.of("region", "moon")).invalid("region");
    client.get("/public-ips?region=moon").invalid("region");
  }
}
