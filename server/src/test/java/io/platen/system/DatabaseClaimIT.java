package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.disk.DiskFormat;
import io.platen.support.App;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several data directories and one database on PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DatabaseClaimIT {
  private static final int BYTES = 3 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path root;
  private final Path config;
  private final PrivatePostgres postgres;
  private final RunningServer server;

  DatabaseClaimIT(@TempDir Path root) throws Exception {
    this.root = root;
    postgres = PrivatePostgres.start();
    config = Files.writeString(root.resolve("platen.yaml"), "database: " + postgres.url() + "\n");
    server = RunningServer.start(root.resolve("first"), "--config", config.toString());
  }

  @AfterAll
  void end() throws Exception {
    server.close();
    postgres.remove();
  }

  private List<String> serving(Path data, String... options) {
    var arguments =
        new ArrayList<>(
            List.of("serve", "--data", data.toString(), "--port", "0", "--hypervisor=none"));
    arguments.addAll(List.of("--config", config.toString()));
    arguments.addAll(List.of(options));
    return arguments;
  }

  /** Asserts that a server on this data directory does not start; says why. */
  private String refused(Path data, String... options) throws Exception {
    var ended = App.run(serving(data, options).toArray(String[]::new));
    assertThat(ended.status()).as(ended.err()).isEqualTo(1);
    return ended.err();
  }

  private void execute(String statement) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var update = connection.createStatement()) {
      update.executeUpdate(statement);
    }
  }

  private int number(String query) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      assertThat(rows.next()).as(query).isTrue();
      return rows.getInt(1);
    }
  }

  /** Asks for a capture of a template's machine, while no server answers. */
  private void plantCaptureLike(String template) throws Exception {
    execute(
        """
        INSERT INTO template (id, team_id, parent_machine_id, name, name_folded, state, agent_type,
          os_label, region, architecture, firmware, disk_bytes, store, dt_created)
        SELECT 'tplanted', team_id, parent_machine_id, 'planted', 'planted', 'capturing', agent_type,
          os_label, region, architecture, firmware, disk_bytes, store, dt_created
        FROM template WHERE id = '%s'
        """
            .formatted(template));
    execute(
        """
        INSERT INTO event (id, team_id, machine_id, template_id, name, state, node, dt_created)
        SELECT 'evplanted', team_id, machine_id, 'tplanted', name, 'new', node, dt_created
        FROM event WHERE template_id = '%s'
        """
            .formatted(template));
    execute(
        """
        INSERT INTO capture_job (task_name, task_instance, execution_time, picked, version)
        SELECT 'event@' || name, 'evplanted', now() - interval '1 minute', false, 1 FROM node
        """);
  }

  private static void signal(RunningServer server, String name) throws Exception {
    Program.succeed("kill", "-" + name, Long.toString(server.pid()));
  }

  private String captured(RunningServer by, String name, int seed) throws Exception {
    Path raw = Disks.random(root.resolve(name + ".raw"), BYTES, seed);
    try (var made = Seed.of(by, config)) {
      var template = by.client().captured(made.adopt(raw, DiskFormat.RAW), name);
      Disks.assertHolds(by.data(), template, raw);
      return template;
    }
  }

  @Test
  void theDatabaseIsOneDirectorysUntilThatHasEndedAndAnotherTakesOver() throws Exception {
    captured(server, "before", 1);
    Path second = root.resolve("second");
    assertThat(refused(second))
        .contains(server.data().toString(), "process " + server.pid())
        .contains("platen serve --take-over");
    assertThat(refused(second, "--take-over")).contains("It is at work");
    commandsOfAnotherDirectoryAskForNothing(second);

    // The first one hangs for longer than it takes to count as dead.
    signal(server, "STOP");
    execute("UPDATE node SET dt_heartbeat = dt_heartbeat - 60000");
    assertThat(refused(second)).contains("--take-over");
    try (var successor = taking(second)) {
      attachStore(successor);
      var first = captured(successor, "after", 2);
      // What waits for a worker is found by the one that must not take it any more.
      signal(successor, "STOP");
      plantCaptureLike(first);
      signal(server, "CONT");
      await("the first one to end").atMost(LIMIT).until(() -> !server.isAlive());
      signal(successor, "CONT");
      assertThat(server.exitStatus()).isEqualTo(1);
      assertThat(server.log())
          .contains("the database was taken over by the data directory " + second);
      assertThat(successor.client().awaitEnd("evplanted").path("state").asText()).isEqualTo("done");
      Disks.assertHolds(second, "tplanted", root.resolve("after.raw"));
      assertThat(number("SELECT attempt FROM event WHERE id = 'evplanted'")).isEqualTo(1);
      assertThat(refused(server.data())).contains(second.toString());
      successor.terminate();
    }
    // Stopped in order, it has the database still.
    assertThat(refused(server.data())).contains(second.toString(), "was stopped in order");
    server.startAgain("--take-over");
    attachStore(server);
    captured(server, "again", 4);
    server.restart();
  }

  /** The store of the directory is another one than the database's, until somebody decides it. */
  private void attachStore(RunningServer by) throws Exception {
    by.terminate();
    var attached =
        Cli.run(
            "store", "attach", "--yes", "--config", config + "", "--data", by.data().toString());
    assertThat(attached.status()).as(attached.err()).isZero();
    by.startAgain();
  }

  private RunningServer taking(Path data) throws Exception {
    return RunningServer.startWithKey(
        data, server.key(), "--config", config.toString(), "--take-over");
  }

  private void commandsOfAnotherDirectoryAskForNothing(Path data) throws Exception {
    int before = number("SELECT COUNT(*) FROM upkeep_request");
    int machines = number("SELECT COUNT(*) FROM machine");
    Path raw = root.resolve("before.raw");
    for (var command :
        List.of(
            List.of("gc"),
            List.of("verify", "--repair"),
            List.of("import", raw.toString(), "--format", "raw", "--name", "n"),
            List.of("machine", "adopt", "--disk", raw.toString(), "--format=raw", "--name=n"),
            List.of("machine", "recover"))) {
      var arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--config", config.toString(), "--data", data.toString()));
      var ended = Cli.run(arguments.toArray(String[]::new));
      assertThat(ended.status()).as(ended.out()).isEqualTo(1);
      assertThat(ended.err()).contains(server.data().toString());
    }
    assertThat(number("SELECT COUNT(*) FROM upkeep_request")).isEqualTo(before);
    assertThat(number("SELECT COUNT(*) FROM machine")).isEqualTo(machines);
  }

  @Test
  void aStoreInAnotherDirectoryIsNotTakenForTheOneOfTheDatabase() throws Exception {
    execute("CREATE DATABASE fresh");
    Path fresh =
        Files.writeString(
            root.resolve("fresh.yaml"),
            "database: %s\n".formatted(postgres.url().replace("/postgres?", "/fresh?")));
    Path full = root.resolve("full");
    Path raw = Disks.random(root.resolve("full.raw"), BYTES, 7);
    var imported =
        Cli.run("import", raw.toString(), "--format=raw", "--name=n", "--data", full.toString());
    assertThat(imported.status()).as(imported.err()).isZero();
    try (var own = RunningServer.start(root.resolve("own"), "--config", fresh.toString());
        var made = Seed.of(own, fresh)) {
      String machine = made.adopt(raw, DiskFormat.RAW);
      var listed = Cli.run("key", "list", "--config", fresh.toString(), "--data", full.toString());
      assertThat(listed.status()).as(listed.err()).isZero();
      own.client().captured(machine, "first");
      var collected = Cli.run("gc", "--config", fresh.toString(), "--data", own.data().toString());
      assertThat(collected.status()).as(collected.err()).isZero();
    }
  }

  @Test
  void aCommandWithoutTheConfigurationMakesNoSecondDatabase() throws Exception {
    var before = new Store(server.data()).contents();
    for (var command :
        new String[][] {{"gc"}, {"key", "create"}, {"template", "list"}, {"verify"}, {"storage"}}) {
      var arguments = new ArrayList<>(List.of(command));
      arguments.addAll(List.of("--data", server.data().toString()));
      var ended = Cli.run(arguments.toArray(String[]::new));
      assertThat(ended.status()).as(ended.out()).isEqualTo(1);
      assertThat(ended.err())
          .contains("works with the database jdbc:postgresql://127.0.0.1", "--config")
          .doesNotContain("user=");
    }
    var doctor = Cli.run("doctor", "--data", server.data().toString());
    assertThat(doctor.status()).isEqualTo(1);
    assertThat(doctor.out()).containsPattern("MISSING +database .*--config");
    assertThat(server.data().resolve("platen.db")).doesNotExist();
    assertThat(new Store(server.data()).contents()).isEqualTo(before);
    var known =
        Cli.run("doctor", "--data", server.data().toString(), "--config", config.toString());
    assertThat(known.out()).containsPattern("ok +database").containsPattern("ok +store");
  }

  @Test
  void theSameDirectoryOnAHostThatRestartedWaitsForTheSilenceOfTheOneBefore() throws Exception {
    server.kill9();
    execute("UPDATE node SET place = 'before the restart', dt_heartbeat = dt_heartbeat - 12000");
    server.startAgain();
    server.client().get("/machines").ok();
  }
}
