package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.SharedServer;
import io.platen.support.Wire;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Custom templates over HTTP, as the API document has them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TemplateApiIT {
  private static final String DATE = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
  private static final List<String> TEMPLATE =
      List.of(
          "id",
          "name",
          "agentType",
          "operatingSystemLabel",
          "region",
          "defaultSizeGb",
          "availableMachineTypes",
          "parentMachineId",
          "dtCreated");
  private static final List<String> EVENT =
      List.of("id", "name", "state", "machineId", "dtCreated", "dtStarted", "dtFinished", "error");
  private static final int DISK = 3 << 20;

  private final SharedServer shared;
  private final String team;
  private final Client client;
  private final Client stranger;
  private final Path disk;
  private final String machine;

  TemplateApiIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    stranger = shared.client(shared.team());
    disk = shared.disk(DISK);
    machine = shared.seed().machine(team, "source", disk, DISK);
  }

  @BeforeAll
  void theMachineIsThere() {
    client.get("/machines/" + machine).ok();
  }

  private static List<String> keys(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static List<String> issues(JsonNode error) {
    return error.path("details").path("issues").findValuesAsText("path");
  }

  @Test
  void aQueryIsUnderstoodHoweverItsCharactersWereSent() throws Exception {
    String name = "Ä|{中}^`à\"";
    var created = client.capture(machine, name).path("data").path("id").asText();
    String key = shared.seed().key(team);
    for (var query : List.of(name, name.toLowerCase(java.util.Locale.ROOT))) {
      try (var wire = new Wire(shared.server().url())) {
        var request =
            "GET /v1/custom-templates?name=%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
                .formatted(query, key);
        wire.send(request.getBytes(StandardCharsets.UTF_8));
        assertThat(wire.rest(Duration.ofSeconds(30)))
            .startsWith("HTTP/1.1 200 ")
            .contains("\"id\":\"" + created + "\"");
      }
    }
  }

  @Test
  void creatingAnswersAtOnceWithTheTemplateAndTheEvent() {
    var created = client.capture(machine, "  web server \n");
    var template = created.path("data");
    var event = created.path("event");

    assertThat(keys(created)).containsExactlyInAnyOrder("data", "event");
    assertThat(keys(template)).containsExactlyInAnyOrderElementsOf(TEMPLATE);
    assertThat(template.path("id").asText()).matches("t[a-z0-9]{22}");
    assertThat(template.path("name").asText()).isEqualTo("web server");
    assertThat(template.path("agentType").asText()).isEqualTo("LinuxHeadless");
    assertThat(template.path("operatingSystemLabel").asText()).isEqualTo("Debian 13");
    assertThat(template.path("region").asText()).isEqualTo("ny2");
    assertThat(template.path("defaultSizeGb").isInt()).isTrue();
    assertThat(template.path("defaultSizeGb").intValue()).isEqualTo(50);
    assertThat(template.path("parentMachineId").asText()).isEqualTo(machine);
    assertThat(template.path("dtCreated").asText()).matches(DATE);
    assertThat(template.path("availableMachineTypes"))
        .isNotEmpty()
        .allSatisfy(
            type -> {
              assertThat(keys(type)).containsExactlyInAnyOrder("machineTypeLabel", "isAvailable");
              assertThat(type.path("isAvailable").booleanValue()).isFalse();
            });

    assertThat(keys(event)).containsExactlyInAnyOrderElementsOf(EVENT);
    assertThat(event.path("id").asText()).matches("ev[a-z0-9]{22}");
    assertThat(event.path("name").asText()).isEqualTo("template-create");
    assertThat(event.path("state").asText()).isEqualTo("new");
    assertThat(event.path("machineId").asText()).isEqualTo(machine);
    assertThat(event.path("dtCreated").asText()).matches(DATE);
    assertThat(event.path("dtStarted").isNull()).isTrue();
    assertThat(event.path("dtFinished").isNull()).isTrue();
    assertThat(event.path("error").isNull()).isTrue();

    var ended = client.awaitEnd(event.path("id").asText());
    assertThat(keys(ended)).containsExactlyInAnyOrderElementsOf(EVENT);
    assertThat(ended.path("state").asText()).isEqualTo("done");
    assertThat(ended.path("dtStarted").asText()).matches(DATE);
    assertThat(ended.path("dtFinished").asText()).matches(DATE);

    var available = client.get("/custom-templates/" + template.path("id").asText()).ok();
    assertThat(keys(available)).containsExactlyInAnyOrderElementsOf(TEMPLATE);
    // The types of ny2 are all of the catalog's.
    assertThat(available.path("availableMachineTypes").findValuesAsText("machineTypeLabel"))
        .contains("C1", "C10", "GPU+", "P4000", "A5000", "V100", "H100")
        .doesNotHaveDuplicates();
    assertThat(available.path("availableMachineTypes"))
        .allMatch(type -> type.path("isAvailable").booleanValue());
  }

  @Test
  void theTypesAreThoseOfTheTemplatesRegion() {
    var id = shared.seed().machine(team, "far", disk, DISK, "ams1", "C5", "LinuxHeadless", null);
    var types =
        client
            .capture(id, "far")
            .path("data")
            .path("availableMachineTypes")
            .findValuesAsText("machineTypeLabel");
    assertThat(types).contains("C1", "GPU+", "V100", "P4000", "A4000");
    assertThat(types).doesNotContain("A5000", "A6000", "H100", "A100", "RTX5000", "V100-32G");
  }

  @Test
  void theDefaultSizeIsTheSmallestThatHoldsTheDisk() {
    long gb = 1L << 30;
    Map<Long, Integer> sizes = new HashMap<>();
    sizes.put(1L, 50);
    sizes.put(50 * gb, 50);
    sizes.put(50 * gb + 1, 100);
    sizes.put(101 * gb, 250);
    sizes.put(251 * gb, 500);
    sizes.put(501 * gb, 1000);
    sizes.put(1500 * gb, 2000);
    sizes.put(2001 * gb, 4000);
    sizes.put(8000 * gb, 8000);
    sizes.put(8001 * gb, 12000);
    sizes.put(16000 * gb, 16000);
    var other = shared.team();
    var sized = shared.client(other);
    sizes.forEach(
        (bytes, expected) -> {
          // The capture itself fails, because the disk is smaller than it was; the answer comes
          // first.
          var id = shared.seed().machine(other, "sized", Path.of("/nonexistent"), bytes);
          assertThat(sized.capture(id, "sized").path("data").path("defaultSizeGb").intValue())
              .isEqualTo(expected);
        });
    var large = shared.seed().machine(other, "large", Path.of("/nonexistent"), 16000 * gb + 1);
    sized
        .post("/custom-templates", Map.of("machineId", large, "name", "large"))
        .invalid("machineId");
  }

  @Test
  void machineIdAndNameAreRequired() {
    assertThat(issues(client.post("/custom-templates", "{}").error(400, "BAD_REQUEST")))
        .containsExactlyInAnyOrder("machineId", "name");
    assertThat(issues(client.send("POST", "/custom-templates", null).error(400, "BAD_REQUEST")))
        .containsExactlyInAnyOrder("machineId", "name");
    client.post("/custom-templates", Map.of("machineId", machine)).invalid("name");
    client.post("/custom-templates", Map.of("name", "x")).invalid("machineId");
    client.post("/custom-templates", "{\"name\":null,\"machineId\":\"x\"}").invalid("name");
    for (var wrong : List.of("7", "true", "[]", "{}", "[\"x\"]")) {
      client
          .post("/custom-templates", "{\"name\":\"x\",\"machineId\":%s}".formatted(wrong))
          .invalid("machineId");
      client
          .post("/custom-templates", "{\"machineId\":\"%s\",\"name\":%s}".formatted(machine, wrong))
          .invalid("name");
    }
    client
        .post("/custom-templates", Map.of("machineId", "psunknown", "name", "x"))
        .error(404, "NOT_FOUND");
  }

  @Test
  void namesHave1To255CodePointsAfterTrimmingAndNoControlCharacters() {
    var id = client.captured(machine, "to be renamed");
    String longest = "\uD83D\uDC27".repeat(255);
    var path = "/custom-templates/" + id;
    assertThat(client.put(path, Map.of("name", longest)).ok().path("name").asText())
        .isEqualTo(longest);
    assertThat(client.get(path).ok().path("name").asText()).isEqualTo(longest);
    assertThat(client.put(path, Map.of("name", " " + longest + "\t")).ok().path("name").asText())
        .isEqualTo(longest);
    for (var bad :
        List.of(
            "",
            " \t\r\n ",
            longest + "x",
            "a".repeat(256),
            "a\u0000b",
            "a\nb",
            "a\u007fb",
            "a\u0085b")) {
      client.put(path, Map.of("name", bad)).invalid("name");
      client.post("/custom-templates", Map.of("machineId", machine, "name", bad)).invalid("name");
    }
    // Half a surrogate pair is no character.
    client.put(path, "{\"name\":\"a\\ud83d\"}").invalid("name");
    assertThat(client.get(path).ok().path("name").asText()).isEqualTo(longest);
    client.put(path, "{}").invalid("name");
    client.put(path, "{\"name\":7}").invalid("name");
    client.send("PUT", path, null).invalid("name");
  }

  @Test
  void renamingAnswersWithTheTemplateAndChangesNothingElse() {
    var id = client.captured(machine, "before");
    var before = client.get("/custom-templates/" + id).ok();
    var renamed =
        client
            .put("/custom-templates/" + id, Map.of("name", "after", "region", "ca1", "id", "t1"))
            .ok();
    assertThat(keys(renamed)).containsExactlyInAnyOrderElementsOf(TEMPLATE);
    assertThat(renamed.path("name").asText()).isEqualTo("after");
    ((com.fasterxml.jackson.databind.node.ObjectNode) before).put("name", "after");
    assertThat(renamed).isEqualTo(before);
  }

  @Test
  void namesNeedNotBeUnique() {
    var first = client.captured(machine, "twin");
    var second = client.captured(machine, "twin");
    assertThat(second).isNotEqualTo(first);
  }

  @Test
  void deletingAnswersOnceWithTheDateAndThenTheTemplateIsGone() {
    var id = client.captured(machine, "short-lived");
    var path = "/custom-templates/" + id;
    var deleted = client.delete(path).ok();
    assertThat(keys(deleted))
        .containsExactlyInAnyOrderElementsOf(
            java.util.stream.Stream.concat(
                    TEMPLATE.stream(), java.util.stream.Stream.of("dtDeleted"))
                .toList());
    assertThat(deleted.path("dtDeleted").asText()).matches(DATE);
    client.delete(path).error(404, "NOT_FOUND");
    client.get(path).error(404, "NOT_FOUND");
    client.put(path, Map.of("name", "x")).error(404, "NOT_FOUND");
    assertThat(client.get("/custom-templates?limit=120").ok().path("items").findValuesAsText("id"))
        .doesNotContain(id);
    client
        .post(
            "/machines",
            Map.of(
                "name",
                "x",
                "machineType",
                "C5",
                "templateId",
                id,
                "diskSize",
                50,
                "region",
                "ny2"))
        .error(404, "NOT_FOUND");
  }

  @Test
  void whatIsDeletedComesBackUntilItIsPurged() throws Exception {
    var id = client.captured(machine, "comes back");
    var path = "/custom-templates/" + id;
    var before = client.get(path).ok();
    client.post(path + "/undelete", "").error(409, "CONFLICT");
    var deleted = client.delete(path).ok();
    App.succeed("gc", "--data", shared.server().data().toString());
    var waiting = client.get("/custom-templates?deleted=true&name=COMES&machineId=" + machine);
    assertThat(waiting.ok().path("items")).containsExactly(deleted);
    assertThat(client.get("/custom-templates?deleted=false&name=comes").ok().path("items"))
        .isEmpty();
    assertThat(client.get("/custom-templates?deleted=x").invalid("deleted").toString())
        .contains("not one of true, false");
    stranger.post(path + "/undelete", "").error(404, "NOT_FOUND");
    stranger.delete(path + "?purge=true").error(404, "NOT_FOUND");
    assertThat(stranger.get("/custom-templates?deleted=true").ok().path("items")).isEmpty();

    assertThat(client.post(path + "/undelete", "{}").ok()).isEqualTo(before);
    assertThat(client.get(path).ok()).isEqualTo(before);
    assertThat(client.get("/custom-templates?name=comes").ok().path("items"))
        .containsExactly(before);
    assertThat(client.get("/custom-templates?name=s%20b").ok().path("items"))
        .containsExactly(before);
    assertThat(client.get("/custom-templates?deleted=true&name=comes").ok().path("items"))
        .isEmpty();
    Disks.assertHolds(shared.server().data(), id, disk);

    client.delete(path).ok();
    assertThat(client.delete(path + "?purge=true").ok().path("dtDeleted").asText()).matches(DATE);
    client.post(path + "/undelete", "").error(404, "NOT_FOUND");
    client.delete(path + "?purge=true").error(404, "NOT_FOUND");
    assertThat(client.get("/custom-templates?deleted=true&name=comes").ok().path("items"))
        .isEmpty();
  }

  @Test
  void whatIsDoneAsItBeginsHasBegunToo() {
    var template = client.captured(machine, "begun");
    var event =
        client
            .post("/custom-templates/" + template + "/distribute", Map.of("region", "ny2"))
            .ok()
            .path("event");
    assertThat(event.path("state").asText()).isEqualTo("done");
    assertThat(event.path("dtStarted").asText()).isEqualTo(event.path("dtCreated").asText());
    assertThat(event.path("dtFinished").asText()).isEqualTo(event.path("dtCreated").asText());
  }

  @Test
  void aProtectedTemplateIsNotDeleted() {
    var id = client.captured(machine, "precious");
    var path = "/custom-templates/" + id;
    var before = client.get(path).ok();
    stranger.post(path + "/protect", "").error(404, "NOT_FOUND");
    assertThat(client.post(path + "/protect", "").ok()).isEqualTo(before);
    for (var refused : List.of(path, path + "?purge=true")) {
      var message = client.delete(refused).error(409, "CONFLICT").path("message").asText();
      assertThat(message).contains(id).contains("is protected").contains("/unprotect");
    }
    assertThat(client.get(path).ok()).isEqualTo(before);
    assertThat(client.get(path + "/protection").ok().toString())
        .isEqualTo("{\"isProtected\":true}");
    stranger.get(path + "/protection").error(404, "NOT_FOUND");
    stranger.post(path + "/unprotect", "").error(404, "NOT_FOUND");
    assertThat(client.post(path + "/unprotect", "").ok()).isEqualTo(before);
    assertThat(client.get(path + "/protection").ok().path("isProtected").asBoolean()).isFalse();
    client.purge(id);
    client.get(path).error(404, "NOT_FOUND");
    client.post(path + "/protect", "").error(404, "NOT_FOUND");
  }

  @Test
  void anotherTeamsTemplateIsAnsweredAsOneThatDoesNotExist() {
    var id = client.captured(machine, "secret");
    var unknown = "t" + "0".repeat(22);
    for (var request :
        List.of(List.of("GET", ""), List.of("PUT", "{\"name\":\"x\"}"), List.of("DELETE", ""))) {
      var theirs = stranger.send(request.get(0), "/custom-templates/" + id, request.get(1));
      var none = stranger.send(request.get(0), "/custom-templates/" + unknown, request.get(1));
      theirs.error(404, "NOT_FOUND");
      assertThat(theirs.text().replace(id, unknown)).isEqualTo(none.text());
      assertThat(theirs.headers().map().keySet()).isEqualTo(none.headers().map().keySet());
    }
    // Bodies are checked before ids, for both alike.
    assertThat(stranger.put("/custom-templates/" + id, "{}").invalid("name"))
        .isEqualTo(stranger.put("/custom-templates/" + unknown, "{}").invalid("name"));
    var launch =
        "{\"name\":\"x\",\"machineType\":\"C5\",\"templateId\":\"%s\",\"diskSize\":50,\"region\":\"ny2\"}";
    var theirs = stranger.post("/machines", launch.formatted(id));
    theirs.error(404, "NOT_FOUND");
    assertThat(theirs.text().replace(id, unknown))
        .isEqualTo(stranger.post("/machines", launch.formatted(unknown)).text());
    var capture = stranger.post("/custom-templates", Map.of("machineId", machine, "name", "x"));
    capture.error(404, "NOT_FOUND");
    var noMachine = "ps" + "0".repeat(22);
    assertThat(capture.text().replace(machine, noMachine))
        .isEqualTo(
            stranger.post("/custom-templates", Map.of("machineId", noMachine, "name", "x")).text());
    assertThat(stranger.get("/custom-templates").ok().path("items")).isEmpty();
    assertThat(stranger.get("/custom-templates?machineId=" + machine).ok().path("items")).isEmpty();
    client.get("/custom-templates/" + id).ok();
  }

  @Test
  void aFailedCaptureLeavesTheLists() {
    var gone = shared.seed().machine(team, "gone", Path.of("/nonexistent/disk"), DISK);
    var created = client.capture(gone, "never");
    var ended = client.awaitEnd(created.path("event").path("id").asText());
    assertThat(ended.path("state").asText()).isEqualTo("error");
    assertThat(ended.path("error").asText()).contains("/nonexistent/disk");
    var id = created.path("data").path("id").asText();
    client.get("/custom-templates/" + id).error(404, "NOT_FOUND");
    assertThat(client.get("/custom-templates?machineId=" + gone).ok().path("items")).isEmpty();
  }

  @Test
  void theParentStaysWhatItWasWhenTheMachineIsDeleted() {
    var parent = shared.seed().machine(team, "parent", disk, DISK);
    var id = client.captured(parent, "orphan");
    client.awaitDone(client.delete("/machines/" + parent).ok());
    assertThat(client.get("/custom-templates/" + id).ok().path("parentMachineId").asText())
        .isEqualTo(parent);
    assertThat(
            client
                .get("/custom-templates?machineId=" + parent)
                .ok()
                .path("items")
                .findValuesAsText("id"))
        .containsExactly(id);
    client
        .post("/custom-templates", Map.of("machineId", parent, "name", "x"))
        .error(404, "NOT_FOUND");
  }
}
