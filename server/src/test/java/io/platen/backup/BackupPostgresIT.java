package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.support.PrivatePostgres;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dump goes from either kind of database into the other. */
final class BackupPostgresIT {
  private static final Instant NOW = Instant.parse("2026-11-29T02:30:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  @SuppressWarnings("NullAway.Init")
  private PrivatePostgres postgres;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  @BeforeEach
  void start() throws Exception {
    postgres = PrivatePostgres.start();
  }

  @AfterEach
  void stop() throws Exception {
    postgres.remove();
  }

  private ServerConfig onPostgres(String data) throws Exception {
    var file =
        Files.writeString(
            root.resolve(data + ".yaml"), "database: %s\nnode: n1\n".formatted(postgres.url()));
    return ConfigFile.read(file, null, null, root.resolve(data));
  }

  private static String dump(ServerConfig config) throws IOException {
    return Backup.run(config, CLOCK).place();
  }

  private static void restore(ServerConfig config, String from) throws IOException {
    try (var restore = Restore.prepare(config, from, CLOCK)) {
      var _ = restore.run();
    }
  }

  private static Map<String, List<String>> rows(ServerConfig config) {
    try (var database = Database.openAsIs(config.databaseUrl())) {
      return Tables.rows(database);
    }
  }

  @Test
  void rowsAreTheSameAfterTheWayToPostgresAndBack() throws Exception {
    var sqlite = ServerConfig.defaults(root.resolve("sqlite"));
    sqlite.data().create();
    try (var database = Database.open(sqlite.databaseUrl())) {
      Rows.insert(database, NOW.toEpochMilli());
      // Older than what a dump keeps.
      database.change(handle -> handle.execute("DELETE FROM event WHERE id = 'old'"));
      database.change(handle -> handle.execute("DELETE FROM template WHERE id = 't2'"));
    }
    var before = rows(sqlite);
    assertThat(before).allSatisfy((table, rows) -> assertThat(rows).as(table).isNotEmpty());

    var there = onPostgres("there");
    restore(there, dump(sqlite));
    assertThat(rows(there).toString())
        .contains("name=store@n1|value=ours", "|store=n1", "|node=n1");
    assertThat(
            rows(there)
                .toString()
                .replace("@n1|", "|")
                .replace("|store=n1", "|store=")
                .replace("|node=n1", "|node="))
        .isEqualTo(before.toString());
    var back = ServerConfig.defaults(root.resolve("back"));
    restore(back, dump(there));
    assertThat(rows(back)).isEqualTo(before);
    assertThat(lines(back)).isEqualTo(lines(sqlite));

    // Numbers go on behind the last one on PostgreSQL as well.
    try (var database = Database.openAsIs(there.databaseUrl())) {
      database.change(
          handle ->
              handle.execute(Rows.template("t9", "'team1'", "'available'", "NULL", "NULL", 5)));
      assertThat(
              database.<Long, RuntimeException>read(
                  handle ->
                      handle
                          .createQuery("SELECT number FROM template WHERE id = 't9'")
                          .mapTo(Long.class)
                          .one()))
          .isEqualTo(4);
    }
    assertThatThrownBy(() -> restore(onPostgres("there"), dump(sqlite)))
        .hasMessageContaining("is not empty")
        .hasMessageContaining("Name another database");
  }

  /** The lines of a dump without the header, which names the database. */
  private static String lines(ServerConfig config) throws Exception {
    var out = new ByteArrayOutputStream();
    try (var database = Database.openAsIs(config.databaseUrl())) {
      database.<DumpSummary, Exception>snapshot(
          handle -> DumpWriter.write(handle.getConnection(), DumpHeader.of("1", NOW, "same"), out));
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aDumpOfPostgresShowsOneMomentWhileOthersWrite() throws Exception {
    var config = onPostgres("data");
    config.data().create();
    try (var database = Database.open(config.databaseUrl())) {
      Rows.insert(database, NOW.toEpochMilli());
      var summary =
          database.<DumpSummary, Exception>snapshot(
              handle -> {
                try (var first =
                    handle.getConnection().prepareStatement("SELECT COUNT(*) FROM team")) {
                  first.executeQuery().close();
                }
                // On the same thread it would be the same transaction.
                Thread.ofVirtual().start(() -> addTeam(database)).join();
                return DumpWriter.write(
                    handle.getConnection(),
                    DumpHeader.of("1", NOW, "x"),
                    new ByteArrayOutputStream());
              });
      assertThat(summary.rows()).containsEntry("team", 3L);
      assertThat(Tables.rows(database).get("team")).hasSize(4);
    }
  }

  private static void addTeam(Database database) {
    database.change(
        handle ->
            handle.execute("INSERT INTO team (id, name, dt_created) VALUES ('later', 'later', 1)"));
  }
}
