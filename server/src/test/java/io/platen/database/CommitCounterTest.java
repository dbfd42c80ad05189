package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CommitCounterTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(url());
    look();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Path file() {
    return root.resolve("platen.db");
  }

  private String url() {
    return Database.sqliteUrl(file());
  }

  private long look() {
    int one = database.read(handle -> handle.createQuery("SELECT 1").mapTo(Integer.class).one());
    assertThat(one).isOne();
    return database.commits().orElseThrow();
  }

  @Test
  void staysWhileOthersOnlyRead() {
    long before = look();
    assertThat(look()).isEqualTo(before);
  }

  @Test
  void changesWithEveryCommitAndNotWithWhatIsRolledBack() {
    long before = look();
    database.change(handle -> handle.execute("CREATE TABLE t (a INTEGER)"));
    long created = look();
    assertThat(created).isNotEqualTo(before);
    try {
      database.change(
          handle -> {
            handle.execute("INSERT INTO t VALUES (1)");
            throw new IllegalStateException("roll back");
          });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("roll back");
    }
    assertThat(look()).isEqualTo(created);
    database.change(handle -> handle.execute("INSERT INTO t VALUES (1)"));
    assertThat(look()).isNotEqualTo(created);
  }

  @Test
  void changesWithWhatAnyOtherConnectionCommits() throws Exception {
    long before = look();
    try (var other = DriverManager.getConnection(url());
        var statement = other.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      assertThat(look()).isNotEqualTo(before);
    }
  }

  @Test
  void doesNotKeepTheWriteAheadLogFromBeingReset() throws Exception {
    database.change(handle -> handle.execute("CREATE TABLE t (a INTEGER)"));
    look();
    try (var other = DriverManager.getConnection(url());
        var statement = other.createStatement();
        var row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      assertThat(row.getInt(1)).as("busy").isZero();
    }
    assertThat(Path.of(file() + "-wal")).hasSize(0);
  }

  @Test
  void isAnotherNumberForAnotherFileInTheSamePlace() throws Exception {
    long before = look();
    try (var copy = DriverManager.getConnection(url());
        var statement = copy.createStatement()) {
      statement.execute("VACUUM INTO '%s'".formatted(root.resolve("copy.db")));
    }
    for (String suffix : new String[] {"", "-wal", "-shm"}) {
      Files.deleteIfExists(Path.of(file() + suffix));
    }
    Files.move(root.resolve("copy.db"), file());
    database.change(handle -> handle.execute("CREATE TABLE t (a INTEGER)"));
    assertThat(look()).isNotEqualTo(before);
    long now = look();
    try (var other = DriverManager.getConnection(url());
        var statement = other.createStatement()) {
      statement.execute("INSERT INTO t VALUES (1)");
    }
    assertThat(look()).as("it counts the commits of the new file").isNotEqualTo(now);
  }

  @Test
  void isUnknownOnceTheDatabaseIsClosed() {
    look();
    database.close();
    assertThat(database.commits()).isEqualTo(OptionalLong.empty());
  }
}
