package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A server that does not know yet that another data directory has taken its database over, and what
 * its store must not do then. What it is asked for in that time is the successor's to do: the
 * database says where the template is, and that is the successor's store.
 */
final class LateWriter {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TAKE_OVER = "--take-over";

  private final Path root;
  private final Path database;
  private final Path config;
  private final List<String> become;

  /**
   * @param become see {@link RunningServer#startAs}
   */
  LateWriter(Path root, List<String> become) throws Exception {
    this.root = Files.createDirectories(root);
    this.become = become;
    database = Files.createDirectories(root.resolve("database")).resolve("platen.db");
    config =
        Files.writeString(
            root.resolve("platen.yaml"), "database: jdbc:sqlite:%s\n".formatted(database));
  }

  /** Who has the database, as its row says. */
  private record Holder(String directory, String place, String path, String host, long process) {}

  /**
   * Has the late server asked for a capture, and its successor go on.
   *
   * @throws AssertionError where the successor lacks what the database says that it has
   */
  void run() throws Exception {
    try (var late =
        RunningServer.startAs(
            become, root.resolve("late"), List.of(), Map.of(), "--config", config.toString())) {
      String machine;
      try (var seed = Seed.of(late, config)) {
        machine = seed.adopt(Disks.random(root.resolve("disk.raw"), 2 << 20, 1), DiskFormat.RAW);
      }
      late.terminate();
      Path data = root.resolve("successor");
      try (var successor =
          RunningServer.startWithKey(data, late.key(), "--config", config.toString(), TAKE_OVER)) {
        var holder = holder();
        successor.terminate();
        late.startAgain(TAKE_OVER);
        String event = captureAfterTheLoss(late, holder, machine);
        assertThat(late.awaitExit(LIMIT)).as("exit status of the late server").isEqualTo(1);
        attach(data);
        successor.startAgain();
        assertThat(successor.client().awaitEnd(event).path("state").asText()).isEqualTo("done");
        successor.terminate();
      }
      new StoreCheck(data, database, root.resolve("copy")).everyTemplateIsWhole();
    }
  }

  /** The late server gives its next sign of life, which fails, some seconds later. */
  private String captureAfterTheLoss(RunningServer late, Holder holder, String machine)
      throws Exception {
    try (var connection = connect()) {
      long before = beat(connection);
      Awaitility.await("a sign of life")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> beat(connection) != before);
      takeOver(connection, holder);
    }
    return late.client().capture(machine, "late").path("event").path("id").asText();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + database);
  }

  private Holder holder() throws SQLException {
    try (var connection = connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery("SELECT directory_id, place, path, host, process FROM node")) {
      assertThat(row.next()).isTrue();
      return new Holder(
          row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getLong(5));
    }
  }

  private static long beat(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT beat FROM node")) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  /** What a successor writes that takes over. */
  private static void takeOver(Connection connection, Holder holder) throws SQLException {
    try (var update =
        connection.prepareStatement(
            """
            UPDATE node SET directory_id = ?, place = ?, path = ?, host = ?, process = ?,
              beat = beat + 1, dt_heartbeat = CAST(unixepoch('subsec') * 1000 AS INTEGER)
            """)) {
      update.setString(1, holder.directory);
      update.setString(2, holder.place);
      update.setString(3, holder.path);
      update.setString(4, holder.host);
      update.setLong(5, holder.process);
      assertThat(update.executeUpdate()).isEqualTo(1);
    }
  }

  private void attach(Path data) {
    var attached =
        Cli.run("store", "attach", "--yes", "--config", config + "", "--data", data + "");
    assertThat(attached.status()).as(attached.err()).isZero();
  }
}
