package io.platen.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.database.Database;
import io.platen.disk.DiskFormat;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import io.platen.node.NodeRow;
import io.platen.node.Nodes;
import io.platen.support.Certificates;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes with a store and a machine each. The second one speaks TLS, with a certificate that
 * nobody has signed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RelayIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path root;
  private final PrivatePostgres postgres;
  private final Map<String, RunningServer> nodes = new TreeMap<>();
  private final Map<String, String> machines = new TreeMap<>();
  private final Map<String, String> templates = new TreeMap<>();
  private final Client first;
  private final Client second;

  RelayIT(@TempDir Path root) throws Exception {
    this.root = root;
    postgres = PrivatePostgres.start();
    var a = RunningServer.start(root.resolve("a"), "--config", config("a", ""));
    nodes.put("a", a);
    certify();
    String tls =
        "tls: {certificate: \"%s\", key: \"%s\", plainPort: 0}\n"
            .formatted(root.resolve("b.pem"), root.resolve("b.key"));
    nodes.put(
        "b", RunningServer.startWithKey(root.resolve("b"), a.key(), "--config", config("b", tls)));
    first = a.client();
    second = new Client(plain(), a.key());
    int number = 0;
    for (var name : nodes.keySet()) {
      number++;
      try (var seed = Seed.of(node(name), root.resolve(name + ".yaml"))) {
        Path disk = Disks.random(root.resolve(name + ".raw"), (long) number << 20, number);
        templates.put(name, first.captured(seed.adopt(disk, DiskFormat.RAW), name));
      }
      String machine = first.launched(templates.get(name), 50, name);
      machines.put(name, machine);
      Files.writeString(
          root.resolve(name).resolve("machines").resolve(machine).resolve("console.log"),
          "login on " + name);
      Files.write(
          root.resolve(name).resolve("machines").resolve(machine).resolve("disk.qcow2"),
          new byte[4 << 20],
          StandardOpenOption.APPEND);
    }
  }

  private void certify() throws Exception {
    Certificates.make(root.resolve("b.pem"), root.resolve("b.key"), "b");
  }

  private String config(String name, String more) throws Exception {
    return Files.writeString(
            root.resolve(name + ".yaml"),
            "database: %s\nnode: %s\n%s".formatted(postgres.url(), name, more))
        .toString();
  }

  private RunningServer node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  /** Where the second one speaks HTTP, for those on its host. */
  private URI plain() throws Exception {
    var said = Pattern.compile("(http://127.0.0.1:\\d+) is for this host");
    var found = said.matcher(Files.readString(root.resolve("b.log")));
    assertThat(found.find()).isTrue();
    return URI.create(found.group(1));
  }

  @AfterAll
  void end() throws Exception {
    for (var node : nodes.values()) {
      node.close();
    }
    postgres.remove();
  }

  private void execute(String statement) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var update = connection.createStatement()) {
      update.executeUpdate(statement);
    }
  }

  private String text(String query) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      assertThat(rows.next()).as(query).isTrue();
      return String.valueOf(rows.getString(1));
    }
  }

  private String console(String node) {
    return "/machines/" + machines.get(node) + "/console";
  }

  @Test
  @Order(1)
  void anyNodeShowsTheConsoleOfAnyMachine() throws Exception {
    for (var client : new Client[] {first, second}) {
      for (var name : nodes.keySet()) {
        JsonNode shown = client.get(console(name) + "?offset=3").ok();
        assertThat(shown.path("text").asText()).isEqualTo("in on " + name);
        assertThat(shown.path("nextOffset").asInt()).isEqualTo(10);
        assertThat(client.get(console(name)).ok().path("text").asText())
            .isEqualTo("login on " + name);
        assertThat(client.get(console(name)).ok())
            .isEqualTo((name.equals("a") ? first : second).get(console(name)).ok());
      }
    }
    // Each token is used up.
    assertThat(text("SELECT COUNT(*) FROM relay_token")).isEqualTo("0");
  }

  @Test
  @Order(2)
  void anyNodeSaysWhatATemplateTakes() {
    for (var name : nodes.keySet()) {
      String path = "/custom-templates/" + templates.get(name) + "/storage";
      var shown = first.get(path).ok();
      assertThat(second.get(path).ok()).isEqualTo(shown);
      assertThat(shown.toString()).contains(name.equals("a") ? "1048" : "2097");
    }
  }

  @Test
  @Order(7)
  void anyNodeSaysWhatADiskTakes() throws Exception {
    String machine = "/machines/" + machines.get("b");
    // A node notes changes of a mebibyte and more, and may have looked while the disk was written.
    await()
        .atMost(LIMIT)
        .until(() -> first.get(machine).ok().path("storageUsed").asLong() > 3 << 20);
    assertThat(second.get(machine).ok().path("storageUsed").asLong()).isGreaterThan(4 << 20);
  }

  @Test
  @Order(4)
  void refusalsComeFromTheNodeThatKnows() throws Exception {
    String adopted = text("SELECT id FROM machine WHERE node = 'a' AND disk_path IS NOT NULL");
    var refused = second.get("/machines/" + adopted + "/console").error(412, "PRECONDITION_FAILED");
    assertThat(refused.path("message").asText()).contains("was adopted");
    try (var seed = Seed.of(node("a"), root.resolve("a.yaml"))) {
      var stranger = new Client(plain(), seed.key("others"));
      stranger.get(console("a")).error(404, "NOT_FOUND");
      var reader = new Client(plain(), seed.readOnlyKey("default"));
      assertThat(reader.get(console("a")).ok().path("text").asText()).isEqualTo("login on a");
    }
  }

  @Test
  @Order(5)
  void aTokenIsGoodForOneRequestAtOneNodeOnce() throws Exception {
    var caller =
        new Caller(
            text("SELECT id FROM api_key LIMIT 1"),
            text("SELECT id FROM team WHERE name = 'default'"),
            "",
            false);
    String path = "/v1" + console("a");
    try (var database = Database.openAsIs(postgres.url(), "b")) {
      var tokens = new RelayTokens(database);
      String token = tokens.issue("a", caller, "GET " + path);
      assertThat(asked("GET", "/v1/machines", token)).isEqualTo(401);
      assertThat(asked("DELETE", "/v1/machines/" + machines.get("a"), token)).isEqualTo(401);
      assertThat(tokens.take(token, "GET " + path)).as("at another node").isEmpty();
      assertThat(asked("GET", path, token)).isEqualTo(200);
      assertThat(asked("GET", path, token)).as("again").isEqualTo(401);
      assertThat(asked("GET", path, "x".repeat(32))).isEqualTo(401);
      String old = tokens.issue("a", caller, "GET " + path);
      execute("UPDATE relay_token SET dt_expires = dt_expires - 31000");
      assertThat(asked("GET", path, old)).as("too late").isEqualTo(401);
      // What it allows is to read.
      String machine = "/v1/machines/" + machines.get("a");
      String change = tokens.issue("a", caller, "DELETE " + machine);
      assertThat(asked("DELETE", machine, change)).isEqualTo(403);
      tokens.issue("a", caller, "GET " + path);
      assertThat(text("SELECT COUNT(*) FROM relay_token WHERE dt_expires < 0 + 31000"))
          .isEqualTo("0");
    }
  }

  private int asked(String method, String path, String token) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(node("a").url().resolve(path))
              .header(RelayTokens.HEADER, token)
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build();
      return http.send(request, BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  @Order(6)
  void aNodeThatSaysNothingIsGivenUp() throws Exception {
    try (var database = Database.openAsIs(postgres.url(), "a");
        var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      var nodes = new Nodes(database);
      var relay = new Relay(database, nodes, new RelayTokens(database), Duration.ofMillis(300));
      execute(
          "UPDATE node SET address = 'http://127.0.0.1:%d' WHERE name = 'b'"
              .formatted(silent.getLocalPort()));
      NodeRow row = database.read(handle -> nodes.find(handle, "b")).orElseThrow();
      var caller = new Caller("k", text("SELECT id FROM team LIMIT 1"), "", false);
      CompletionStage<String> asked = relay.ask(row, caller, null, "machine x", "/v1/x");
      assertThatThrownBy(() -> asked.toCompletableFuture().join())
          .cause()
          .isInstanceOf(Refusal.class)
          .hasMessageContaining("The node b, which has the machine x, does not answer");
    }
  }

  @Test
  @Order(8)
  void whatIsAtTheAddressMustBeTheNode() throws Exception {
    // Of another node: it takes no token that is not its own.
    unavailable(
        "UPDATE node SET address = (SELECT address FROM node WHERE name = 'a') WHERE name = 'b'",
        "is not that node");
    execute("UPDATE node SET address = '%s' WHERE name = 'b'".formatted(node("b").url()));
    assertThat(first.get(console("b")).ok().path("text").asText()).isEqualTo("login on b");
    // A certificate that the node does not know of, as of somebody in between.
    unavailable(
        "UPDATE node SET certificate = 'another', address = 'https://localhost:%d' WHERE name = 'b'"
            .formatted(node("b").url().getPort()),
        "does not answer");
    // One that it took since.
    certify();
    execute("UPDATE node SET address = '%s' WHERE name = 'b'".formatted(node("b").url()));
    await().atMost(LIMIT).until(() -> first.get(console("b")).status() == 200);
  }

  /** After a change of the node's row, which the node itself undoes within seconds. */
  private void unavailable(String change, String words) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              execute(change);
              unavailable(words);
            });
  }

  private void unavailable(String words) {
    var refused = first.get(console("b")).error(503, "INTERNAL_SERVER_ERROR");
    assertThat(refused.path("message").asText()).containsIgnoringCase("the node b").contains(words);
  }

  @Test
  @Order(9)
  void aNodeThatIsGoneIsNamed() throws Exception {
    node("b").kill9();
    unavailable("does not answer");
    execute("UPDATE node SET dt_heartbeat = dt_heartbeat - 21000 WHERE name = 'b'");
    for (var path :
        new String[] {console("b"), "/custom-templates/" + templates.get("b") + "/storage"}) {
      var refused = first.get(path).error(409, "CONFLICT");
      assertThat(refused.path("message").asText()).containsAnyOf("the node b", "the store b");
    }
    execute(
        "UPDATE node SET dt_heartbeat = dt_heartbeat + 100000, host = 'elsewhere' WHERE name = 'b'");
    unavailable("nodeAddress");
    // A host may have a name that no URL can have.
    execute("UPDATE node SET address = 'http://rack_07:8080' WHERE name = 'b'");
    unavailable("nodeAddress");
  }
}
