package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.SharedServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Errors, whichever layer they come from, and who may do what. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ErrorApiIT {
  private final SharedServer shared;
  private final String team;
  private final Client client;
  private final Client nobody;
  private final String machine;

  ErrorApiIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    nobody = new Client(shared.server().url(), null);
    machine = shared.seed().machine(team, "m", shared.disk(1 << 20), 1 << 20);
  }

  @Test
  void everythingButTheFourPublicPathsNeedsAKey() {
    for (var path :
        List.of(
            "/custom-templates",
            "/custom-templates/t1",
            "/machines",
            "/machines/ps1",
            "/machine-events",
            "/machine-events/ev1",
            "/machine-events/ev1/progress",
            "/machine-availability",
            "/billing/account-standing")) {
      for (var reader : List.of(nobody, shared.server().client("unknown-key"))) {
        var answer = reader.get(path);
        answer.error(401, "UNAUTHORIZED");
        assertThat(answer.headers().firstValue("www-authenticate")).contains("Bearer");
      }
    }
    for (var method : List.of("POST", "PUT", "PATCH", "DELETE")) {
      nobody.send(method, "/custom-templates/t1", "{}").status();
      assertThat(nobody.send(method, "/machines/ps1", "not json").status()).isIn(401, 405);
    }
    assertThat(nobody.get("/health").ok().asText()).isEqualTo("HEALTHY");
    assertThat(nobody.get("/openapi.json").ok().path("openapi").asText()).startsWith("3.");
    nobody.get("/os-templates").ok();
    assertThat(nobody.get("/auth/session").ok().isNull()).isTrue();
    assertThat(shared.server().client("unknown-key").get("/auth/session").ok().isNull()).isTrue();
  }

  @Test
  void theSchemeIsReadInAnyCaseAndNoOtherSchemeCounts() {
    var key = shared.seed().key(team);
    assertThat(key).matches("[A-Za-z0-9_-]{22,}");
    for (var header : List.of("Bearer ", "bearer ", "BEARER ", "bEaReR  ")) {
      assertThat(nobody.send("GET", "/machines", null, "Authorization", header + key).status())
          .as(header)
          .isEqualTo(200);
    }
    for (var header :
        List.of(key, "Basic " + key, "Bearer", "Bearer x" + key, "Bearer " + key + " x")) {
      nobody.send("GET", "/machines", null, "Authorization", header).error(401, "UNAUTHORIZED");
    }
  }

  @Test
  void theSessionNamesTheTeamAndTheKey() {
    var session = client.get("/auth/session").ok();
    assertThat(names(session)).containsExactlyInAnyOrder("team", "user");
    assertThat(names(session.path("team")))
        .containsExactlyInAnyOrder("id", "namespace", "analyticsId", "isPrivate", "maxMachines");
    assertThat(session.path("team").path("namespace").asText()).isEqualTo(team);
    assertThat(session.path("team").path("maxMachines").isInt()).isTrue();
    assertThat(session.path("team").path("analyticsId").isInt()).isTrue();
    var user = session.path("user");
    assertThat(names(user))
        .containsExactlyInAnyOrder(
            "id",
            "email",
            "firstName",
            "lastName",
            "dtCreated",
            "dtConfirmed",
            "teamMemberships",
            "isPhoneVerified",
            "isPasswordAuthEnabled",
            "isQrCodeBasedMfaEnabled",
            "isQrCodeBasedMfaConfirmed",
            "analyticsId",
            "metadata");
    assertThat(user.path("analyticsId").isInt()).isTrue();
    assertThat(user.path("metadata").toString()).isEqualTo("{}");
    var membership = user.path("teamMemberships").get(0);
    assertThat(names(membership)).containsExactlyInAnyOrder("team", "isOwner", "isAdmin");
    assertThat(membership.path("isAdmin").booleanValue()).isTrue();
    assertThat(names(membership.path("team")))
        .containsExactlyInAnyOrder("id", "name", "namespace", "isUserTeam", "dtCreated");
    assertThat(membership.path("team").path("id")).isEqualTo(session.path("team").path("id"));
    var reader = shared.server().client(shared.seed().readOnlyKey(team)).get("/auth/session").ok();
    assertThat(reader.path("user").path("teamMemberships").get(0).path("isAdmin").booleanValue())
        .isFalse();
    var standing = client.get("/billing/account-standing").ok();
    assertThat(standing.toString())
        .isEqualTo(
            "{\"isInGoodStanding\":true,\"hasPaymentMethod\":true,\"isAdminLocked\":false,\"messages\":[]}");
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  @Test
  void aMethodThatIsNotThereIsAnsweredWithThoseThatAre() {
    var allowed =
        Map.of(
            "/machines",
            "GET, HEAD, POST",
            "/machines/" + machine,
            "DELETE, GET, HEAD, PUT",
            "/machines/" + machine + "/start",
            "PATCH",
            "/custom-templates/t1",
            "DELETE, GET, HEAD, PUT",
            "/machine-events",
            "GET, HEAD",
            "/health",
            "GET, HEAD",
            "/openapi.json",
            "GET, HEAD",
            "/snapshots/s1/restore/",
            "POST");
    allowed.forEach(
        (path, methods) -> {
          for (var method : List.of("TRACE", "OPTIONS", "PURGE")) {
            var answer = client.send(method, path, null);
            var error = answer.error(405, "METHOD_NOT_SUPPORTED");
            assertThat(answer.headers().firstValue("allow")).as(path).contains(methods);
            assertThat(error.path("message").asText())
                .isEqualTo(method + " is not supported at this path; what is: " + methods + ".");
          }
        });
    client.send("OPTIONS", "/nonsense", null).error(404, "NOT_FOUND");
  }

  @Test
  void theDocumentIsOnlyRead() {
    client.post("/openapi.json", Map.of()).error(405, "METHOD_NOT_SUPPORTED");
    client.delete("/openapi.json").error(405, "METHOD_NOT_SUPPORTED");
  }

  @Test
  void whatIsNoJsonIsRefusedInWordsForPeople() {
    for (var body :
        Map.of(
                "{",
                "The body is not JSON (line 1, column 2): unexpected end-of-input",
                "{\"name\": nul}",
                "The body is not JSON (line 1, column 10): unrecognized token 'nul'.",
                "\n x",
                "The body is not JSON (line 2, column 2): unrecognized token 'x'.")
            .entrySet()) {
      var error = client.send("PUT", "/machines/" + machine, body.getKey());
      assertThat(error.error(400, "PARSE_ERROR").path("message").asText())
          .startsWith(body.getValue())
          .doesNotContain("Source", "expecting", "REDACTED");
    }
  }

  @Test
  void anEndlessIdIsNotRepeatedWhole() {
    var error = client.get("/machines/" + "a".repeat(3000)).error(404, "NOT_FOUND");
    assertThat(error.path("message").asText())
        .isEqualTo("There is no machine with the id " + "a".repeat(64) + "….");
  }

  @Test
  void whatThePaperspaceApiHasBesidesIsNamedInTheRefusal() {
    for (var path :
        List.of(
            "/account",
            "/container-registries",
            "/dataset-versions",
            "/datasets/d1/versions",
            "/deployments",
            "/machine-types",
            "/models",
            "/notebooks/n1",
            "/projects",
            "/projects/p1/tags",
            "/secrets",
            "/shared-drives/sd1",
            "/storage-providers/utilization",
            "/tags",
            "/teams/te1/users",
            "/users/me",
            "/workflows")) {
      for (var method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
        var refused = client.send(method, path, null).error(404, "NOT_FOUND");
        assertThat(refused.path("message").asText())
            .startsWith("Platen does not offer /" + path.split("/", -1)[1] + ";");
      }
    }
    for (var part : List.of("accessors", "accessors/u1", "desktop")) {
      for (var method : List.of("GET", "POST", "DELETE")) {
        var refused = client.send(method, "/machines/" + machine + "/" + part, null);
        assertThat(refused.error(404, "NOT_FOUND").path("message").asText())
            .startsWith("Platen does not offer /machines/{id}/" + part.split("/", -1)[0] + ";");
      }
    }
    nobody.get("/projects").error(401, "UNAUTHORIZED");
    assertThat(client.get("/nonsense").error(404, "NOT_FOUND").path("message").asText())
        .doesNotContain("offer");
  }

  @Test
  void aReadOnlyKeyMayReadAndNothingElse() {
    var reader = shared.server().client(shared.seed().readOnlyKey(team));
    reader.get("/machines/" + machine).ok();
    reader.get("/custom-templates").ok();
    reader.get("/auth/session").ok();
    reader
        .post("/custom-templates", Map.of("machineId", machine, "name", "x"))
        .error(403, "FORBIDDEN");
    reader.put("/custom-templates/t1", Map.of("name", "x")).error(403, "FORBIDDEN");
    reader.delete("/custom-templates/t1").error(403, "FORBIDDEN");
    reader.post("/machines", "{}").error(403, "FORBIDDEN");
    reader.put("/machines/" + machine, Map.of("name", "x")).error(403, "FORBIDDEN");
    reader.delete("/machines/" + machine).error(403, "FORBIDDEN");
    reader.patch("/machines/" + machine + "/start").error(403, "FORBIDDEN");
    client.get("/machines/" + machine).ok();
  }

  @Test
  void theBodyIsReadWhateverItsContentTypeSays() {
    var path = "/machines/" + machine;
    for (var type :
        List.of(
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-8",
            "multipart/form-data",
            "nonsense",
            "*/*")) {
      assertThat(
              client
                  .send(
                      "PUT", path, "{\"name\":\"as " + type.charAt(0) + "\"}", "Content-Type", type)
                  .ok()
                  .path("data")
                  .path("name")
                  .asText())
          .as(type)
          .isEqualTo("as " + type.charAt(0));
    }
    client.send("PUT", path, "{\"name\":\"none\"}").ok();
    client.send("GET", path, null, "Accept", "text/html").ok();
    client.send("GET", path, null, "Accept", "nonsense").ok();
    for (var body : List.of("", "{}", " \n")) {
      client.send("PUT", path, body).ok();
      client.send("PATCH", path + "/start", body).error(412, "PRECONDITION_FAILED");
    }
    client.send("DELETE", "/machines/ps1", "{}").error(404, "NOT_FOUND");
    client.send("DELETE", "/machines/ps1", "not json").error(404, "NOT_FOUND");
    client.put(path, Map.of("name", "known", "unknown", Map.of("deep", List.of(1)))).ok();
    client.get("/machines?unknown=1&name=known&unknown=2").ok();
  }

  @Test
  void whatIsNoJsonIsAParseErrorAndWhatIsNoObjectABadRequest() {
    for (var body :
        List.of(
            "{",
            "{\"name\":}",
            "nonsense",
            "{'name':'x'}",
            "{\"name\":\"x\"",
            "\"x",
            "{}}",
            "{} {}")) {
      client.send("PUT", "/machines/" + machine, body).error(400, "PARSE_ERROR");
      client.send("POST", "/custom-templates", body).error(400, "PARSE_ERROR");
    }
    client
        .send("PUT", "/machines/" + machine, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'})
        .error(400, "PARSE_ERROR");
    client.send("PUT", "/machines/" + machine, "[".repeat(100_000)).error(400, "PARSE_ERROR");
    for (var body : List.of("[]", "7", "\"x\"", "null", "true")) {
      client.send("PUT", "/machines/" + machine, body).error(400, "BAD_REQUEST");
      client.send("POST", "/machines", body).error(400, "BAD_REQUEST");
    }
  }

  @Test
  void theCommandLineOfPaperspaceGetsNoDetails() {
    var plain = client.send("POST", "/custom-templates", "{}").error(400, "BAD_REQUEST");
    assertThat(plain.has("details")).isTrue();
    var bare =
        client
            .send("POST", "/custom-templates", "{}", "x-client", "paperspace-cli")
            .error(400, "BAD_REQUEST");
    assertThat(names(bare)).containsExactlyInAnyOrder("code", "message");
    assertThat(bare.path("message")).isEqualTo(plain.path("message"));
    assertThat(
            client
                .send("GET", "/machines?limit=0", null, "x-client", "other")
                .error(400, "BAD_REQUEST")
                .has("details"))
        .isTrue();
  }

  @Test
  void unknownPathsAndMethodsAreAnsweredInJson() {
    for (var path :
        List.of("/nothing", "/custom-templates/t1/storage/x", "/machines/ps1/dance", "", "/")) {
      client.get(path).error(404, "NOT_FOUND");
      nobody.get(path).error(404, "NOT_FOUND");
    }
    client.send("PUT", "/machines", "{}").error(405, "METHOD_NOT_SUPPORTED");
    client.send("DELETE", "/custom-templates", null).error(405, "METHOD_NOT_SUPPORTED");
    client.send("POST", "/custom-templates/t1", "{}").error(405, "METHOD_NOT_SUPPORTED");
    client.send("PATCH", "/machines/ps1", "{}").error(405, "METHOD_NOT_SUPPORTED");
    client.send("POST", "/health", "{}").error(405, "METHOD_NOT_SUPPORTED");
    client.send("GET", "/machines/ps1/start", null).error(405, "METHOD_NOT_SUPPORTED");
    for (var method : List.of("OPTIONS", "TRACE", "FOO", "PROPFIND")) {
      client.send(method, "/machines", null).error(405, "METHOD_NOT_SUPPORTED");
    }
    var head = client.send("HEAD", "/machines", null);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.text()).isEmpty();
    assertThat(head.headers().firstValue("content-type").orElse("")).startsWith("application/json");
    assertThat(client.send("HEAD", "/machines/ps1", null).status()).isEqualTo(404);
  }

  @Test
  void aBodyOverOneMebibyteIsTooLarge() {
    var filler = "x".repeat((1 << 20) - 40);
    client.put("/machines/" + machine, Map.of("unknown", filler, "name", "large")).ok();
    client
        .put("/machines/" + machine, Map.of("unknown", filler + "x".repeat(100)))
        .error(413, "PAYLOAD_TOO_LARGE");
    client.send("POST", "/custom-templates", "x".repeat(3 << 20)).error(413, "PAYLOAD_TOO_LARGE");
    client.get("/machines/" + machine).ok();
  }

  /** Sends bytes as they are, and reads what comes until the connection ends. */
  private String raw(String request) throws IOException {
    var url = shared.server().url();
    try (var socket = new Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return response(socket.getInputStream());
    }
  }

  /** Reads one response: its head, and as much body as it says. */
  private static String response(InputStream in) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return text.toString();
      }
      text.append((char) b);
    }
    var head = text.toString().toLowerCase(Locale.ROOT);
    int at = head.indexOf("content-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)).strip());
      text.append(new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  private void assertRawError(String request, int status, String code) throws IOException {
    var response = raw(request);
    assertThat(response)
        .as("%s", request.substring(0, Math.min(80, request.length())))
        .matches("(?s)HTTP/\\d\\.\\d " + status + " .*");
    assertThat(response.toLowerCase(Locale.ROOT)).contains("content-type: application/json");
    var body = Client.JSON.readTree(response.substring(response.indexOf("\r\n\r\n") + 4));
    assertThat(body.path("code").asText()).isEqualTo(code);
    assertThat(body.path("message").asText()).isNotBlank();
    assertThat(response).doesNotContain("Exception").doesNotContain("<html");
  }

  @Test
  void whatIsNoHttpIsAnsweredInJsonToo() throws IOException {
    assertRawError("NONSENSE\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError("GET /v1/machines HTTP/9.9\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError("GET /v1/machines\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError("GET /v1/machines HTTP/1.1\r\nno colon\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError(
        "POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        400,
        "BAD_REQUEST");
    assertRawError(
        "POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError("GET /" + "x".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST");
    assertRawError(
        "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Large: " + "x".repeat(20_000) + "\r\n\r\n",
        400,
        "BAD_REQUEST");
    for (var path :
        List.of("/v1/machines?limit=%zz", "/v1/machines/%zz", "/v1/machines?name=5%", "/%f")) {
      assertRawError("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST");
    }
    assertRawError("GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404, "NOT_FOUND");
    assertRawError("GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404, "NOT_FOUND");
    assertRawError("GET /q/dev HTTP/1.1\r\nHost: x\r\n\r\n", 404, "NOT_FOUND");
    // The server answers on.
    client.get("/health").ok();
  }

  /** The limit of an idle connection is longer than this waits. */
  @Test
  void aConnectionEndsWhereTheAnswerSaysSo() throws IOException {
    var head = "POST /v1/machines HTTP/1.1\r\nHost: x\r\n";
    for (var request :
        List.of(
            head + "Content-Length: 1048577\r\n\r\n" + " ".repeat(1_048_577),
            head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /v1/health HTTP/1.1\r\n\r\n")) {
      var url = shared.server().url();
      try (var socket = new Socket(url.getHost(), url.getPort())) {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertThat(response(socket.getInputStream()).toLowerCase(Locale.ROOT))
            .contains("\r\nconnection: close\r\n");
        assertThat(socket.getInputStream().read()).isNegative();
      }
    }
  }

  @Test
  void successIsNamedAsErrorsAre() {
    for (var path : List.of("/machines", "/health", "/machines/nope", "/openapi.json")) {
      assertThat(client.get(path).headers().firstValue("content-type"))
          .as(path)
          .contains("application/json");
    }
  }

  @Test
  void ofTwoRequestsOnOneConnectionBothAreAnswered() throws IOException {
    var url = shared.server().url();
    try (var socket = new Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout(20_000);
      var request = "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
      socket
          .getOutputStream()
          .write(
              ("POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" + request)
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(response(socket.getInputStream())).startsWith("HTTP/1.1 401 ");
      assertThat(response(socket.getInputStream()))
          .startsWith("HTTP/1.1 200 ")
          .endsWith("\"HEALTHY\"");
    }
  }
}
