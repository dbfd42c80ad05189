package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.support.PrivatePostgres;
import java.io.IOException;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which versions of Platen work on one database beside each other. */
final class SchemaAgePostgresIT {
  @SuppressWarnings("NullAway.Init")
  private PrivatePostgres postgres;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void start() throws Exception {
    postgres = PrivatePostgres.start();
    database = Database.join(postgres.url(), "own");
  }

  @AfterEach
  void stop() throws Exception {
    database.close();
    postgres.remove();
  }

  /** A node whose version knows the schema up to this change, and its last sign of life. */
  private void node(String name, int schema, String heartbeat) {
    database.change(
        handle ->
            handle.execute(
                """
                INSERT INTO node (name, directory_id, place, path, host, process, beat, dt_heartbeat, version, schema_version)
                VALUES (?, ?, '', '', '', 1, 0, %s, '0.9', ?)
                """
                    .formatted(heartbeat),
                name,
                name,
                schema));
  }

  private String now() {
    return database.dialect().now();
  }

  @Test
  void aVersionIsRefusedBesideNodesThatAreTooOldForItAndNotBesideOthers() throws IOException {
    int known = database.knownSchema();
    node("old", known - 2, now());
    node("before", known - 1, now());
    SchemaAge.check(database, known, known - 2);
    assertThatThrownBy(() -> SchemaAge.check(database, known, known - 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too new for nodes that work on the database: old (version 0.9)")
        .hasMessageContaining("a version in between")
        .message()
        .doesNotContain("before");
  }

  @Test
  void nodesThatAreSilentOrThisOneDoNotMatter() {
    int known = database.knownSchema();
    node("stopped", known - 2, "NULL");
    node("silent", known - 2, now() + " - 60000");
    node("own", known - 2, now());
    assertThatCode(() -> SchemaAge.check(database, known, known)).doesNotThrowAnyException();
  }

  @Test
  void aVersionThatIsTooOldForTheDatabaseIsRefusedAtItsStart() {
    assertThat(
            database.<String, RuntimeException>read(
                handle ->
                    handle
                        .createQuery("SELECT value FROM setting WHERE name = 'oldest-schema'")
                        .mapTo(String.class)
                        .one()))
        .isEqualTo(Integer.toString(SchemaAge.OLDEST));
    int known = database.knownSchema();
    database.change(
        handle ->
            handle.execute(
                "UPDATE setting SET value = ? WHERE name = 'oldest-schema'",
                Integer.toString(known + 1)));
    assertThatThrownBy(() -> Database.join(postgres.url(), "late").close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too old for the database")
        .hasMessageContaining("up to " + known)
        .hasMessageContaining("need " + (known + 1));
    // One that knows it works, and does not set it back.
    assertThatCode(() -> SchemaAge.check(database, known + 1, SchemaAge.OLDEST))
        .doesNotThrowAnyException();
    SchemaAge.remember(database);
    assertThatThrownBy(() -> SchemaAge.check(database, known, SchemaAge.OLDEST))
        .isInstanceOf(IOException.class);
  }

  /** On a table that somebody reads in a transaction that goes on. */
  @Test
  void aChangeOfTheSchemaGivesWayToOthersAndIsTriedAgain() throws Exception {
    var other = PrivatePostgres.start();
    try (var before = Database.openAt(other.url(), "own", "68");
        var reader = DriverManager.getConnection(other.url());
        var reading = reader.createStatement();
        var watcher = DriverManager.getConnection(other.url());
        var watching = watcher.createStatement()) {
      assertThat(before.appliedSchema()).isEqualTo(68);
      reader.setAutoCommit(false);
      reading.execute("SELECT 1 FROM machine");
      var changed = CompletableFuture.runAsync(() -> Database.open(other.url(), "own").close());
      for (var isWaiting : List.of("t", "f", "t")) {
        await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(20))
            .until(
                () -> {
                  try (var rows =
                      watching.executeQuery(
                          "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")) {
                    rows.next();
                    return rows.getString(1).equals(isWaiting);
                  }
                });
      }
      reader.commit();
      changed.get(60, TimeUnit.SECONDS);
      assertThat(before.isUpToDate()).isTrue();
    } finally {
      other.remove();
    }
  }
}
