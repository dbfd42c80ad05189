package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Client;
import io.platen.support.Contract;
import io.platen.support.Disks;
import io.platen.support.Metrics;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * To a team, what another team has is what nobody has: for every endpoint of the OpenAPI document,
 * the answer is the same, and so is the work behind it, by which its time could tell.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IsolationIT {
  /** Different from one answer to the next by nature. */
  private static final Set<String> OWN_HEADERS = Set.of("x-request-id", "date");

  /** Endpoints without an id and without a body that names one. */
  private static final Set<String> WITHOUT_IDS =
      Set.of(
          "GET /v1/auth/session",
          "GET /v1/billing/account-standing",
          "GET /v1/health",
          "GET /v1/openapi.json",
          "POST /v1/private-networks",
          "POST /v1/public-ips",
          "POST /v1/startup-scripts");

  /**
   * Other work of the server's can only add to what is counted: the least of some counts is told.
   */
  private static final int AT_LEAST = 2;

  private static final int AT_MOST = 8;

  /** One that the owner has claimed. */
  private static final String ADDRESS = "192.0.2.11";

  private final RunningServer server;
  private final Seed seed;
  private final Client owner;
  private final Client other;
  private final Contract contract;
  private final String machine;
  private final String template;
  private final String event;
  private final String snapshot;
  private final String script;
  private final String network;

  /** A machine of the other team's. */
  private final String own;

  private final String ownTemplate;

  /** A startup script of the other team's. */
  private final String ownScript;

  IsolationIT(@TempDir Path root) throws Exception {
    server = RunningServer.start(root.resolve("data"));
    seed = Seed.of(server);
    owner = server.client();
    other = server.client(seed.key("other"));
    contract = new Contract(owner.get("/openapi.json").text());
    machine =
        seed.machine("default", "m", Disks.random(root.resolve("d"), 1 << 20, 1 << 20), 1 << 20);
    var created = owner.capture(machine, "t");
    owner.awaitDone(created);
    template = created.path("data").path("id").asText();
    event = created.path("event").path("id").asText();
    var snapped = owner.post("/snapshots", Map.of("machineId", machine, "name", "s")).ok();
    owner.awaitDone(snapped);
    snapshot = snapped.path("data").path("id").asText();
    script = script(owner);
    network = seed.network("default", "n");
    seed.publicIp("default", ADDRESS);
    own = seed.machine("other", "m", root.resolve("d"), 1 << 20);
    var ownCapture = other.capture(own, "t");
    other.awaitDone(ownCapture);
    ownTemplate = ownCapture.path("data").path("id").asText();
    ownScript = script(other);
  }

  private static String script(Client client) {
    return client
        .post("/startup-scripts", "{\"name\":\"s\",\"script\":\"true\"}")
        .ok()
        .path("id")
        .asText();
  }

  @AfterAll
  void end() {
    seed.close();
    server.close();
  }

  /** An id of the same form that was never issued. */
  private static String unknown(String id) {
    if (id.contains(".")) {
      return "192.0.2.99";
    }
    String random = id.substring(0, id.length() - 4);
    return random + (id.endsWith("zzzz") ? "yyyy" : "zzzz");
  }

  /** One request, for an id that is to be put where it says ID. */
  private record Probe(String method, String path, @Nullable String body, String id) {}

  private String idOf(String path) {
    if (path.contains("/custom-templates/")) {
      return template;
    }
    if (path.contains("/machine-events/")) {
      return event;
    }
    if (path.contains("/machines/")) {
      return machine;
    }
    if (path.contains("/startup-scripts/")) {
      return script;
    }
    if (path.contains("/private-networks/")) {
      return network;
    }
    if (path.contains("/snapshots/")) {
      return snapshot;
    }
    if (path.contains("/public-ips/")) {
      return ADDRESS;
    }
    throw new AssertionError("whose id does " + path + " take? This test has to know");
  }

  private static String launch(String template, String more) {
    return "{\"name\":\"n\",\"machineType\":\"C5\",\"templateId\":\"%s\",\"diskSize\":50,\"region\":\"ny2\",\"startOnCreate\":false%s}"
        .formatted(template, more);
  }

  private List<Probe> probes() {
    var probes = new ArrayList<Probe>();
    for (var operation : contract.operations()) {
      String name = operation.method() + " " + operation.path();
      String path = operation.path().substring("/v1".length());
      int before = probes.size();
      if (path.matches(".*\\{i[dp]}.*") && !WITHOUT_IDS.contains(name)) {
        boolean empty = Set.of("GET", "DELETE", "PATCH").contains(operation.method());
        probes.add(
            new Probe(
                operation.method(),
                path.replaceAll("\\{i[dp]}", "ID"),
                empty ? null : "{\"name\":\"taken over\",\"machineId\":\"" + own + "\"}",
                idOf(path)));
      }
      for (var parameter : operation.json().path("parameters")) {
        if (parameter.path("in").asText().equals("query")) {
          // Of every kind of id, since who knows what a parameter takes.
          for (var id : List.of(machine, template, event, snapshot, script, network)) {
            probes.add(
                new Probe(
                    "GET",
                    path.replace("{id}", own) + "?" + parameter.path("name").asText() + "=ID",
                    null,
                    id));
          }
        }
      }
      switch (name) {
        case "POST /v1/custom-templates", "POST /v1/snapshots" ->
            probes.add(new Probe("POST", path, "{\"machineId\":\"ID\",\"name\":\"n\"}", machine));
        case "POST /v1/machines" -> {
          probes.add(new Probe("POST", path, launch("ID", ""), template));
          probes.add(
              new Probe("POST", path, launch(ownTemplate, ",\"networkId\":\"ID\""), network));
          probes.add(
              new Probe("POST", path, launch(ownTemplate, ",\"startupScriptId\":\"ID\""), script));
        }
        case "POST /v1/startup-scripts/{id}/assign", "POST /v1/startup-scripts/{id}/unassign" ->
            probes.add(
                new Probe(
                    "POST", path.replace("{id}", ownScript), "{\"machineId\":\"ID\"}", machine));
        default -> {
          // Nothing but what the path and the query name.
        }
      }
      assertThat(probes.size() > before || WITHOUT_IDS.contains(name))
          .as("%s: this test has to know where it takes ids", name)
          .isTrue();
    }
    return probes;
  }

  @Test
  void anotherTeamsIdsAreAnsweredAsThoseThatWereNeverIssued() {
    var before = state();
    for (var probe : probes()) {
      assertThat(seen(probe, probe.id()))
          .as("%s", probe)
          .isEqualTo(seen(probe, unknown(probe.id())));
    }
    assertThat(state()).isEqualTo(before);
  }

  private Client.Answer send(Probe probe, String id) {
    String body = probe.body() == null ? null : probe.body().replace("ID", id);
    return other.send(probe.method(), probe.path().replace("ID", id), body);
  }

  /** All of an answer, but for the id itself. */
  private String seen(Probe probe, String id) {
    var answer = send(probe, id);
    assertThat(answer.status()).as("%s", probe).isIn(200, 400, 404, 412);
    var headers = new TreeMap<String, List<String>>();
    for (Map.Entry<String, List<String>> header : answer.headers().map().entrySet()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!OWN_HEADERS.contains(name)) {
        headers.put(name, header.getValue());
      }
    }
    return "%d %s %s".formatted(answer.status(), headers, answer.text().replace(id, "ID"));
  }

  /** What the owner has. */
  private String state() {
    return owner.get("/machines/" + machine).ok()
        + owner.get("/custom-templates/" + template).ok().toString()
        + owner.get("/snapshots").ok()
        + owner.get("/startup-scripts/" + script).ok()
        + owner.get("/private-networks/" + network).ok()
        + owner.get("/public-ips").ok()
        + owner.get("/machine-events").ok();
  }

  @Test
  void anotherTeamsIdsCostAsManyStatementsAsThoseThatWereNeverIssued() {
    for (var probe : probes()) {
      double foreign = Double.MAX_VALUE;
      double unknown = Double.MAX_VALUE;
      for (int i = 0; i < AT_LEAST || (i < AT_MOST && foreign != unknown); i++) {
        foreign = Math.min(foreign, statements(probe, probe.id()));
        unknown = Math.min(unknown, statements(probe, unknown(probe.id())));
      }
      assertThat(foreign).as("%s", probe).isEqualTo(unknown);
    }
  }

  private double statements(Probe probe, String id) {
    double before = counted();
    send(probe, id);
    return counted() - before;
  }

  private double counted() {
    return Metrics.of(owner).value("platen_sql_statements_total");
  }
}
