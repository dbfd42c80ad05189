package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.Shell;
import io.platen.support.Client;
import io.platen.support.SharedServer;
import io.platen.support.SlowDisks;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Machines, their events and what surrounds them over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MachineApiIT {
  private static final String DATE = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
  private static final long GIB = 1L << 30;
  private static final int DISK = 2 << 20;
  private static final List<String> MACHINE =
      List.of(
          ("id name state os machineType agentType cpus ram storageTotal storageUsed accelerators region"
                  + " privateIp networkId publicIp publicIpType autoShutdownEnabled autoShutdownTimeout"
                  + " autoShutdownForce autoSnapshotEnabled autoSnapshotFrequency autoSnapshotSaveCount"
                  + " updatesPending restorePointEnabled restorePointFrequency restorePointSnapshotId"
                  + " usageRate storageRate dtCreated dtModified dtDeleted reservation")
              .split(" "));

  private final SharedServer shared;
  private final String team;
  private final Client client;
  private final Client stranger;
  private final Path disk;
  private final String machine;
  private final String template;

  MachineApiIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    stranger = shared.client(shared.team());
    disk = shared.disk(DISK);
    machine = shared.seed().machine(team, "source", disk, DISK);
    template = client.captured(machine, "template");
  }

  private static List<String> keys(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static List<String> issues(JsonNode error) {
    return error.path("details").path("issues").findValuesAsText("path");
  }

  /** A good request with some fields changed; those without a value are left out. */
  private Map<String, Object> request(@Nullable Object... changes) {
    Map<String, Object> request = new HashMap<>();
    request.put("name", "launched");
    request.put("machineType", "C5");
    request.put("templateId", template);
    request.put("diskSize", 50);
    request.put("region", "ny2");
    for (int i = 0; i < changes.length; i += 2) {
      var key = String.valueOf(changes[i]);
      request.remove(key);
      var value = changes[i + 1];
      if (value != null) {
        request.put(key, value);
      }
    }
    return request;
  }

  @Test
  void aMachineTypeIsAvailableWhereTheCatalogOffersIt() {
    assertThat(availability("C5", "ny2").ok().toString()).isEqualTo("{\"available\":true}");
    assertThat(availability("H100", "East Coast (NY2)").ok().path("available").asBoolean())
        .isTrue();
    assertThat(availability("H100", "ams1").ok().toString()).isEqualTo("{\"available\":false}");
    availability("C99", "ny2").invalid("machineType");
    availability("C5", "moon").invalid("region");
    client.get("/machine-availability?region=ny2").invalid("machineType");
    client.get("/machine-availability?machineType=C5").invalid("region");
  }

  private Client.Answer availability(String type, String region) {
    return client.get(
        "/machine-availability?machineType=%s&region=%s"
            .formatted(Client.encode(type), Client.encode(region)));
  }

  @Test
  void creatingAnswersWithTheMachineAndTheEvent() throws Exception {
    var created = client.post("/machines", request()).ok();
    assertThat(keys(created)).containsExactlyInAnyOrder("data", "event");
    var data = created.path("data");
    assertThat(keys(data)).containsExactlyInAnyOrderElementsOf(MACHINE);
    assertThat(data.path("id").asText()).matches("ps[a-z0-9]{22}");
    assertThat(data.path("state").asText()).isEqualTo("provisioning");
    assertThat(data.path("os").asText()).isEqualTo("Debian 13");
    assertThat(data.path("machineType").asText()).isEqualTo("C5");
    assertThat(data.path("cpus").intValue()).isEqualTo(4);
    assertThat(data.path("ram").isIntegralNumber()).isTrue();
    assertThat(data.path("ram").longValue()).isEqualTo(8 * GIB);
    assertThat(data.path("storageTotal").longValue()).isEqualTo(50 * GIB);
    assertThat(data.path("region").asText()).isEqualTo("ny2");
    for (var flag :
        List.of(
            "autoShutdownEnabled",
            "autoShutdownForce",
            "autoSnapshotEnabled",
            "updatesPending",
            "restorePointEnabled")) {
      assertThat(data.path(flag).isBoolean()).as(flag).isTrue();
      assertThat(data.path(flag).booleanValue()).as(flag).isFalse();
    }
    for (var nothing : List.of("privateIp", "networkId", "publicIp", "dtDeleted", "reservation")) {
      assertThat(data.path(nothing).isNull()).as(nothing).isTrue();
    }
    assertThat(data.path("publicIpType").asText()).isEqualTo("none");
    assertThat(data.path("storageUsed").isIntegralNumber()).isTrue();
    assertThat(data.path("accelerators")).isEmpty();
    assertThat(data.path("dtCreated").asText()).matches(DATE);
    assertThat(data.path("dtModified").asText()).matches(DATE);
    var event = created.path("event");
    assertThat(event.path("name").asText()).isEqualTo("create");
    assertThat(event.path("machineId").asText()).isEqualTo(data.path("id").asText());
    client.awaitDone(created);
    var ready = client.get("/machines/" + data.path("id").asText()).ok();
    assertThat(keys(ready)).containsExactlyInAnyOrderElementsOf(MACHINE);
    assertThat(ready.path("state").asText()).isEqualTo("off");
    var file = shared.server().data().resolve("machines/" + ready.path("id").asText());
    long blocks =
        Long.parseLong(
            Shell.succeed("stat", "-c", "%b", file.resolve("disk.qcow2").toString()).strip());
    assertThat(ready.path("storageUsed").longValue()).isPositive().isEqualTo(blocks * 512);
  }

  @Test
  void datesHaveTheirMillisecondsWhereThoseAreZero() throws Exception {
    var id =
        shared
            .seed()
            .machine(
                team,
                "whole",
                disk,
                DISK,
                "ny2",
                "C5",
                "LinuxHeadless",
                Instant.parse("2026-01-02T03:04:05Z"));
    assertThat(client.get("/machines/" + id).ok().path("dtCreated").asText())
        .isEqualTo("2026-01-02T03:04:05.000Z");
  }

  @Test
  void regionsHaveLongNamesTooAndAnswersUseTheShortOnes() {
    for (var region :
        Map.of(
                "East Coast (NY2)", "ny2",
                "West Coast (CA1)", "ca1",
                "Europe (AMS1)", "ams1",
                "ca1", "ca1")
            .entrySet()) {
      var created = client.post("/machines", request("region", region.getKey())).ok();
      assertThat(created.path("data").path("region").asText()).isEqualTo(region.getValue());
    }
    client.post("/machines", request("region", "mars")).invalid("region");
    client.post("/machines", request("region", "NY2")).invalid("region");
  }

  @Test
  void everyMissingFieldIsNamedAtOnce() {
    assertThat(issues(client.post("/machines", "{}").error(400, "BAD_REQUEST")))
        .containsExactlyInAnyOrder("name", "machineType", "templateId", "diskSize", "region");
    for (var field : List.of("name", "machineType", "templateId", "diskSize", "region")) {
      client.post("/machines", request(field, null)).invalid(field);
      client.post("/machines", request(field, List.of())).invalid(field);
      client.post("/machines", request(field, "")).error(400, "BAD_REQUEST");
    }
  }

  @Test
  void theSizeIsOneOfTheListAndHoldsTheTemplate() {
    for (var size : List.of(0, -50, 1, 51, 20000, 50.5, 1e18)) {
      client.post("/machines", request("diskSize", size)).invalid("diskSize");
    }
    client.post("/machines", request("diskSize", "50")).invalid("diskSize");
    assertThat(
            client
                .post("/machines", request("diskSize", 50.0))
                .ok()
                .path("data")
                .path("storageTotal")
                .longValue())
        .isEqualTo(50 * GIB);
  }

  @Test
  void theTypeIsOneThatTheRegionOffers() {
    client.post("/machines", request("machineType", "Z80")).invalid("machineType");
    client
        .post("/machines", request("machineType", "H100", "region", "ca1"))
        .invalid("machineType");
    var gpu = client.post("/machines", request("machineType", "H100")).ok().path("data");
    assertThat(gpu.path("cpus").intValue()).isEqualTo(20);
    assertThat(gpu.path("ram").longValue()).isEqualTo(250 * GIB);
    assertThat(gpu.path("accelerators").toString())
        .isEqualTo("[{\"name\":\"H100\",\"memory\":%d,\"count\":1}]".formatted(80 * GIB));
  }

  @Test
  void whatIsNotSupportedIsRefusedAndNotIgnored() {
    Map<String, Object> asked = Map.of("restorePointEnabled", true);
    asked.forEach(
        (field, value) -> {
          client.post("/machines", request(field, value)).invalid(field);
          client.put("/machines/" + machine, Map.of(field, value)).invalid(field);
        });
    client.post("/machines", request("accessorIds", List.of("u1"))).invalid("accessorIds");
    client.post("/machines", request("publicIpType", "elastic")).invalid("publicIpType");
    client.post("/machines", request("emailPassword", "yes")).invalid("emailPassword");
  }

  @Test
  void whatClientsSendUnaskedIsAccepted() {
    var created =
        client
            .post(
                "/machines",
                request(
                    "publicIpType",
                    "dynamic",
                    "emailPassword",
                    true,
                    "autoSnapshotEnabled",
                    false,
                    "autoSnapshotFrequency",
                    "daily",
                    "autoSnapshotSaveCount",
                    1,
                    "autoShutdownEnabled",
                    false,
                    "takeInitialSnapshot",
                    false,
                    "restorePointEnabled",
                    false,
                    "enableNvlink",
                    false,
                    "accessorIds",
                    List.of()))
            .ok();
    // No configuration offers an address here, and the machine says so.
    assertThat(created.path("data").path("publicIpType").asText()).isEqualTo("none");
    client
        .put(
            "/machines/" + machine, Map.of("publicIpType", "dynamic", "autoSnapshotEnabled", false))
        .ok();
  }

  @Test
  void withoutAHypervisorADynamicAddressIsNone() {
    var launched = client.post("/machines", request("publicIpType", "dynamic")).ok().path("data");
    assertThat(launched.path("publicIpType").asText()).isEqualTo("none");
    assertThat(launched.path("publicIp").isNull()).isTrue();
    String id = launched.path("id").asText();
    var updated = client.put("/machines/" + id, Map.of("publicIpType", "dynamic")).ok();
    assertThat(updated.path("data").path("publicIpType").asText()).isEqualTo("none");
    client.put("/machines/" + id, Map.of("publicIpType", "none")).ok();
    for (var answer :
        List.of(
            client.post("/machines", request("publicIpType", "static")),
            client.put("/machines/" + id, Map.of("publicIpType", "static")))) {
      assertThat(answer.error(412, "PRECONDITION_FAILED").path("message").asText())
          .contains("publicIps");
    }
    client.post("/machines", request("publicIpType", "floating")).invalid("publicIpType");
    client.put("/machines/" + id, Map.of("publicIpType", 4)).invalid("publicIpType");
  }

  @Test
  void networksAndStartupScriptsAreTheTeamsOwn() {
    client.post("/machines", request("networkId", "n1")).error(404, "NOT_FOUND");
    client.post("/machines", request("startupScriptId", "sc1")).error(404, "NOT_FOUND");
    client.put("/machines/" + machine, Map.of("networkId", "n1")).invalid("networkId");
    client.put("/machines/" + machine, Map.of("startupScriptId", "sc1")).invalid("startupScriptId");
    var script = client.post("/startup-scripts", Map.of("name", "s", "script", "x")).ok();
    var id = script.path("id").asText();
    var foreign =
        stranger
            .post("/startup-scripts", Map.of("name", "theirs", "script", "x"))
            .ok()
            .path("id")
            .asText();
    var unknown = client.post("/machines", request("startupScriptId", "sc1"));
    var theirs = client.post("/machines", request("startupScriptId", foreign));
    theirs.error(404, "NOT_FOUND");
    assertThat(theirs.text().replace(foreign, "sc1")).isEqualTo(unknown.text());
    client.post("/machines", request("startupScriptId", 1)).invalid("startupScriptId");
    client.post("/machines", request("networkId", 1)).invalid("networkId");
    var created = client.post("/machines", request("startupScriptId", id)).ok();
    assertThat(client.get("/startup-scripts/" + id).ok().path("assignedMachineIds").get(0).asText())
        .isEqualTo(created.path("data").path("id").asText());
  }

  @Test
  void machinesCantRunWithoutAHypervisor() {
    client
        .post("/machines", request("startOnCreate", true))
        .error(412, "PRECONDITION_FAILED")
        .path("message");
    client.post("/machines", request("startOnCreate", "yes")).invalid("startOnCreate");
    client.post("/machines", request("startOnCreate", false)).ok();
    for (var action : List.of("start", "stop", "restart")) {
      var error =
          client.patch("/machines/" + machine + "/" + action).error(412, "PRECONDITION_FAILED");
      assertThat(error.path("message").asText()).contains("hypervisor");
      client.patch("/machines/psunknown/" + action).error(404, "NOT_FOUND");
    }
  }

  @Test
  void whileACaptureRunsItsTemplateCantBeLaunchedNorItsMachineDeleted() throws Exception {
    int bytes = 20 * SlowDisks.RATE;
    var source = shared.seed().machine(team, "slow", shared.slowDisk(bytes), bytes);
    var capture = client.capture(source, "slow");
    var captured = capture.path("data").path("id").asText();
    client.post("/machines", request("templateId", captured)).error(409, "CONFLICT");
    var conflict = client.delete("/machines/" + source).error(409, "CONFLICT");
    assertThat(conflict.path("message").asText()).contains(source);
    client.delete("/custom-templates/" + captured).ok();
    assertThat(
            client
                .get("/machine-events/" + capture.path("event").path("id").asText())
                .ok()
                .path("state")
                .asText())
        .isEqualTo("cancelled");
    client.awaitDone(client.delete("/machines/" + source).ok());
  }

  @Test
  void machinesAreRenamedAndTheirTypeChanges() {
    var id = shared.seed().machine(team, "old name", disk, DISK);
    var path = "/machines/" + id;
    var renamed = client.put(path, Map.of("name", " new name ", "unknown", 1)).ok();
    assertThat(keys(renamed)).containsExactly("data");
    assertThat(renamed.path("data").path("name").asText()).isEqualTo("new name");
    assertThat(
            client.put(path, Map.of("machineType", "C1")).ok().path("data").path("ram").longValue())
        .isEqualTo(GIB / 2);
    assertThat(client.put(path, "").ok().path("data").path("name").asText()).isEqualTo("new name");
    client.put(path, Map.of("machineType", "Z80")).invalid("machineType");
    client.put(path, Map.of("name", "")).invalid("name");
    client.put(path, Map.of("name", 1)).invalid("name");
    client.put(path, Map.of("diskSize", 100)).invalid("diskSize");
    client.put("/machines/psunknown", Map.of("name", "x")).error(404, "NOT_FOUND");
  }

  @Test
  void deletingAnswersWithTheMachineAndADeactivateEventAndThenItIsGone() {
    var id = shared.seed().machine(team, "going", disk, DISK);
    var deleted = client.delete("/machines/" + id).ok();
    assertThat(keys(deleted.path("data"))).containsExactlyInAnyOrderElementsOf(MACHINE);
    assertThat(deleted.path("data").path("dtDeleted").asText()).matches(DATE);
    assertThat(deleted.path("event").path("name").asText()).isEqualTo("deactivate");
    client.awaitDone(deleted);
    assertThat(disk).exists();
    client.get("/machines/" + id).error(404, "NOT_FOUND");
    client.put("/machines/" + id, Map.of("name", "x")).error(404, "NOT_FOUND");
    client.delete("/machines/" + id).error(404, "NOT_FOUND");
    client.patch("/machines/" + id + "/start").error(404, "NOT_FOUND");
    assertThat(client.get("/machines?limit=120").ok().path("items").findValuesAsText("id"))
        .doesNotContain(id);
    // Its events stay.
    assertThat(
            client
                .get("/machine-events?machineId=" + id)
                .ok()
                .path("items")
                .findValuesAsText("name"))
        .containsExactly("deactivate");
  }

  @Test
  void anotherTeamsMachineIsAnsweredAsOneThatDoesNotExist() {
    var unknown = "ps" + "0".repeat(22);
    for (var request :
        List.of(
            List.of("GET", "", ""),
            List.of("PUT", "", "{\"name\":\"x\"}"),
            List.of("DELETE", "", ""),
            List.of("PATCH", "/start", ""),
            List.of("PATCH", "/stop", ""),
            List.of("PATCH", "/restart", ""))) {
      var theirs =
          stranger.send(request.get(0), "/machines/" + machine + request.get(1), request.get(2));
      var none =
          stranger.send(request.get(0), "/machines/" + unknown + request.get(1), request.get(2));
      theirs.error(404, "NOT_FOUND");
      assertThat(theirs.text().replace(machine, unknown)).isEqualTo(none.text());
    }
    assertThat(stranger.get("/machines").ok().path("items")).isEmpty();
    assertThat(stranger.get("/machine-events?machineId=" + machine).ok().path("items")).isEmpty();
    client.get("/machines/" + machine).ok();
  }

  @Test
  void eventsHaveProgressAndAreTheirTeamsAlone() {
    var created = client.capture(machine, "progress");
    client.awaitDone(created);
    var id = created.path("event").path("id").asText();
    var progress = client.get("/machine-events/" + id + "/progress").ok();
    assertThat(keys(progress))
        .containsExactlyInAnyOrder(
            "phase", "bytesDone", "bytesTotal", "bytesPerSecond", "secondsLeft");
    assertThat(progress.path("bytesDone").longValue()).isEqualTo(DISK);
    assertThat(progress.path("bytesTotal").longValue()).isEqualTo(DISK);
    assertThat(progress.path("secondsLeft").longValue()).isZero();
    var unknown = "ev" + "0".repeat(22);
    for (var suffix : List.of("", "/progress")) {
      var theirs = stranger.get("/machine-events/" + id + suffix);
      theirs.error(404, "NOT_FOUND");
      assertThat(theirs.text().replace(id, unknown))
          .isEqualTo(stranger.get("/machine-events/" + unknown + suffix).text());
    }
    assertThat(stranger.get("/machine-events").ok().path("items")).isEmpty();
    var page = client.get("/machine-events?limit=1&machineId=" + machine).ok();
    assertThat(page.path("items").get(0).path("id").asText()).isEqualTo(id);
    client.delete("/machine-events/" + id).error(405, "METHOD_NOT_SUPPORTED");
  }

  @Test
  void listsFilterByNameRegionAgentAndTypeTogether() {
    var other = shared.team();
    var filtered = shared.client(other);
    var seed = shared.seed();
    var a = seed.machine(other, "build 1", disk, DISK, "ny2", "C5", "LinuxHeadless", null);
    var b = seed.machine(other, "build 2", disk, DISK, "ca1", "C5", "LinuxHeadless", null);
    var c = seed.machine(other, "desktop", disk, DISK, "ca1", "P4000", "LinuxDesktop", null);
    Map<String, List<String>> expected = new HashMap<>();
    expected.put("", List.of(a, b, c));
    expected.put("name=BUILD", List.of(a, b));
    expected.put("region=ca1", List.of(b, c));
    expected.put("region=" + Client.encode("West Coast (CA1)"), List.of(b, c));
    expected.put("machineType=P4000", List.of(c));
    expected.put("agentType=LinuxDesktop", List.of(c));
    expected.put("agentType=LinuxHeadless&region=ca1&name=2&machineType=C5", List.of(b));
    expected.put("agentType=LinuxDesktop&region=ny2", List.of());
    expected.put("machineType=unheard-of", List.of());
    expected.forEach(
        (query, ids) ->
            assertThat(filtered.get("/machines?" + query).ok().path("items").findValuesAsText("id"))
                .as(query)
                .containsExactlyInAnyOrderElementsOf(ids));
    filtered.get("/machines?region=mars").invalid("region");
  }
}
