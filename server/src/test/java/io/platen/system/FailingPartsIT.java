package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A part that fails is told of as long as it does, and taken up again when it is back. */
final class FailingPartsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path root;

  /** A request that the failing part has no answer for. */
  private static void refused(Client.Answer answer) {
    answer.error(503, "INTERNAL_SERVER_ERROR");
    assertThat(answer.headers().firstValue("retry-after").orElse("")).matches("[1-9]\\d*");
    assertThat(answer.text()).doesNotContain("SQL", "Exception");
  }

  private static Client.Answer rename(Client client, String machine, String name) {
    return client.put("/machines/" + machine, Map.of("name", name));
  }

  private static String name(Client client, String machine) {
    return client.get("/machines/" + machine).ok().path("name").asText();
  }

  private String machine(RunningServer server) throws IOException {
    try (var seed = Seed.of(server)) {
      Path disk = Files.createTempFile(root, "disk", ".raw");
      return seed.machine("default", "first", Disks.random(disk, 1 << 20, 1 << 20), 1 << 20);
    }
  }

  /** As on a host that was given a new name. */
  @Test
  void aHostWhoseNameHasNoAddress() throws Exception {
    var become =
        List.of(
            "unshare",
            "--user",
            "--map-root-user",
            "--uts",
            "sh",
            "-c",
            "hostname platen-nowhere && exec \"$@\"",
            "sh");
    try (var server =
        RunningServer.startAs(
            become, root.resolve("data"), List.of(), Map.of(), "--host", "0.0.0.0")) {
      server.client().get("/machines/" + machine(server)).ok();
    }
  }

  @Test
  void aDatabaseThatAnotherProcessHolds() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"))) {
      var client = server.client();
      var machine = machine(server);
      String url = "jdbc:sqlite:" + server.data().resolve("platen.db");
      try (var holder = DriverManager.getConnection(url);
          var statement = holder.createStatement()) {
        statement.execute("BEGIN EXCLUSIVE");
        refused(rename(client, machine, "second"));
        assertThat(name(client, machine)).isEqualTo("first");
        client.get("/health").ok();
        statement.execute("ROLLBACK");
      }
      rename(client, machine, "second").ok();
      assertThat(name(client, machine)).isEqualTo("second");
    }
  }

  private static void move(Path from, Path to) throws IOException {
    for (var suffix : List.of("", "-wal", "-shm")) {
      Path file = Path.of(from + suffix);
      if (Files.exists(file)) {
        Files.move(file, Path.of(to + suffix));
      }
    }
  }

  @Test
  void aDatabaseThatIsGoneForAWhile() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"))) {
      var client = server.client();
      var machine = machine(server);
      rename(client, machine, "second").ok();
      Path database = server.data().resolve("platen.db");
      Path elsewhere = root.resolve("elsewhere.db");
      move(database, elsewhere);
      refused(rename(client, machine, "third"));
      refused(rename(client, machine, "third"));
      // A new and empty one in its place would be worse than none.
      assertThat(database).doesNotExist();
      move(elsewhere, database);
      await().atMost(LIMIT).until(() -> rename(client, machine, "fourth").status() == 200);
      assertThat(name(client, machine)).isEqualTo("fourth");
      server.restart();
      assertThat(name(server.client(), machine)).isEqualTo("fourth");
    }
  }

  private static void mount(Path directory, String options) throws Exception {
    Files.createDirectories(directory);
    var mounted =
        Program.run(List.of("mount", "-t", "tmpfs", "-o", options, "none", directory.toString()));
    assumeThat(mounted.status()).as("mounting a tmpfs: %s", mounted.err()).isZero();
  }

  @Test
  void aDiskThatIsFull() throws Exception {
    Path data = root.resolve("data");
    mount(data, "size=16m");
    try (var server = RunningServer.start(data)) {
      var client = server.client();
      var machine = machine(server);
      rename(client, machine, "first").ok();
      Path filler = data.resolve("filler");
      var filled =
          Program.run(List.of("dd", "if=/dev/zero", "of=" + filler, "bs=64k", "status=none"));
      assertThat(filled.err()).containsIgnoringCase("space");

      // What the log of changes has room for is taken; then no more.
      String last = "first";
      Client.Answer answer = rename(client, machine, "n0");
      for (int i = 1; i < 5000 && answer.status() == 200; i++) {
        last = "n" + (i - 1);
        answer = rename(client, machine, "n" + i);
      }
      refused(answer);
      assertThat(name(client, machine)).isEqualTo(last);

      Files.delete(filler);
      rename(client, machine, "room").ok();
      assertThat(name(client, machine)).isEqualTo("room");
    } finally {
      Program.succeed("umount", data.toString());
    }
  }

  @Test
  void aStoreThatCanOnlyBeRead() throws Exception {
    Path data = root.resolve("data");
    try (var server = RunningServer.start(data)) {
      var client = server.client();
      var machine = machine(server);
      String store = data.resolve("store.castr").toString();
      var bound = Program.run(List.of("mount", "--bind", store, store));
      assumeThat(bound.status()).as("mounting: %s", bound.err()).isZero();
      String error;
      try {
        Program.succeed("mount", "-o", "remount,ro,bind", store);
        assertThat(client.root("/health/ready").status()).isEqualTo(503);
        var created = client.capture(machine, "t");
        var event = client.awaitEnd(created.path("event").path("id").asText());
        assertThat(event.path("state").asText()).isEqualTo("error");
        error = event.path("error").asText();
        client
            .get("/custom-templates/" + created.path("data").path("id").asText())
            .error(404, "NOT_FOUND");
      } finally {
        Program.succeed("umount", store);
      }
      assertThat(error).containsIgnoringCase("read-only").contains("store.castr");
      assertThat(client.root("/health/ready").status()).isEqualTo(200);
      client.captured(machine, "t");
    }
  }
}
