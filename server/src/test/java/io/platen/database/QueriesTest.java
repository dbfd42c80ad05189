package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QueriesTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(url());
    database.change(
        handle -> {
          handle.execute("CREATE TABLE t (a INTEGER, b TEXT)");
          handle.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)");
        });
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String url() {
    return Database.sqliteUrl(root.resolve("platen.db"));
  }

  private List<String> texts(String sql, Object... parameters) {
    return database.query(queries -> queries.list(sql, List.of(parameters), row -> row.text("b")));
  }

  @Test
  void theSameStatementIsAskedWithOtherParameters() {
    for (int i = 0; i < 3; i++) {
      assertThat(texts("SELECT b FROM t WHERE a = ?", 1)).containsExactly("one");
      assertThat(texts("SELECT b FROM t WHERE a = ?", 2L)).containsExactly("two");
      assertThat(texts("SELECT b FROM t WHERE a = ?", 4)).isEmpty();
      assertThat(texts("SELECT b FROM t WHERE b = ?", "one")).containsExactly("one");
    }
  }

  @Test
  void findsTheOnlyRow() {
    String sql = "SELECT a FROM t WHERE a >= ?";
    assertThat(find(sql, 3)).contains(3L);
    assertThat(find(sql, 4)).isEmpty();
    assertThatThrownBy(() -> find(sql, 2)).isInstanceOf(IllegalStateException.class);
  }

  /** As when a server starts after an upgrade, or a newer version's command runs beside one. */
  @Test
  void theSchemaIsTheOneOfTheMomentOfTheQuery() throws SQLException {
    try (var reader = DriverManager.getConnection(url())) {
      var queries = new Queries(reader, () -> {});
      queries.list("SELECT a FROM t", List.of(), row -> row.number("a"));
      database.change(handle -> handle.execute("ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'new'"));
      String sql = "SELECT b AS sort_key, o.* FROM t o WHERE a = ?";
      assertThat(queries.find(sql, List.of(1), row -> row.text("c"))).contains("new");

      database.change(handle -> handle.execute("ALTER TABLE t ADD COLUMN d TEXT DEFAULT 'newer'"));
      assertThat(queries.find(sql, List.of(1), row -> row.text("sort_key") + row.text("c")))
          .contains("onenew");
    }
  }

  private Optional<Long> find(String sql, int parameter) {
    return database.query(queries -> queries.find(sql, List.of(parameter), row -> row.number("a")));
  }

  @Test
  void seesWhatWasCommittedBefore() {
    String sql = "SELECT b FROM t WHERE a = ?";
    assertThat(texts(sql, 1)).containsExactly("one");
    database.change(handle -> handle.execute("UPDATE t SET b = 'uno' WHERE a = 1"));
    assertThat(texts(sql, 1)).containsExactly("uno");
    database.change(handle -> handle.execute("ALTER TABLE t ADD COLUMN c TEXT"));
    assertThat(texts(sql, 1)).containsExactly("uno");
  }

  @Test
  void moreStatementsThanAreKeptAreAnsweredAsWell() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 2 * Queries.KEPT; i++) {
        assertThat(texts("SELECT b FROM t WHERE a = ? AND " + i + " = " + i, 1))
            .containsExactly("one");
      }
    }
  }

  @Test
  void statementsThatAreTooLongToBeKeptAreAnsweredAsWell() {
    String sql = "SELECT b FROM t WHERE a = ? OR a IN (2" + ", 2".repeat(Queries.KEPT_LENGTH) + ")";
    assertThat(texts(sql, 1)).containsExactly("one", "two");
    assertThat(texts(sql, 4)).containsExactly("two");
  }

  @Test
  void whatFailsIsAFailureOfTheDatabaseAndHurtsNoOther() {
    var failed = new HashSet<Queries>();
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> database.query(queries -> fail(queries, failed)))
          .isInstanceOf(JdbiException.class)
          .hasMessageContaining("no such table: missing")
          .hasMessageContaining("SELECT b FROM missing");
      assertThat(texts("SELECT b FROM t WHERE a = ?", 1)).containsExactly("one");
    }
    assertThat(failed).as("a connection on which something failed is not used again").hasSize(20);
  }

  private static List<String> fail(Queries queries, Set<Queries> failed) {
    failed.add(queries);
    return queries.list("SELECT b FROM missing", List.of(), row -> row.text("b"));
  }

  @Test
  void statementsAreCounted() {
    long before = database.statements();
    assertThat(texts("SELECT b FROM t WHERE a = ?", 1)).hasSize(1);
    assertThat(database.statements()).isEqualTo(before + 1);
  }

  @Test
  void aKeptStatementDoesNotKeepTheWriteAheadLogFromBeingReset() throws Exception {
    assertThat(texts("SELECT b FROM t WHERE b IS NOT NULL")).hasSize(2);
    try (var other = DriverManager.getConnection(url());
        var statement = other.createStatement();
        var row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      assertThat(row.getInt(1)).as("busy").isZero();
    }
    assertThat(root.resolve("platen.db-wal")).hasSize(0);
  }
}
