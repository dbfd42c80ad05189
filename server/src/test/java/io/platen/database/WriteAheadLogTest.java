package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.ConnectionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database whose log is not empty, as while a server runs or after it was killed. */
final class WriteAheadLogTest {
  private static final String MISMATCH = "is not the database that .*platen.db-wal belongs to";

  private final Path root;
  private final Path file;
  private final Path log;
  private final Path backup;
  private final Path elsewhere;
  private Database database;

  WriteAheadLogTest(@TempDir Path root) {
    this.root = root;
    file = root.resolve("platen.db");
    log = root.resolve("platen.db-wal");
    backup = root.resolve("backup.db");
    elsewhere = root.resolve("elsewhere.db");
    database = open(file);
  }

  private static Database open(Path file) {
    return Database.open(Database.sqliteUrl(file));
  }

  private static void check(Path file) throws IOException {
    Database.check(Database.sqliteUrl(file));
  }

  private void insert(String name) {
    database.change(
        handle -> handle.execute("INSERT INTO setting (name, value) VALUES (?, 'x')", name));
  }

  private List<String> names() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT name FROM setting ORDER BY name")
                .mapTo(String.class)
                .list());
  }

  @BeforeEach
  void fill() {
    awaitConnections();
    insert("older");
    database.read(handle -> handle.execute("VACUUM INTO '" + backup + "'"));
    insert("younger");
    assertThat(log).isNotEmptyFile();
  }

  /** A connection that is being made while a test moves the files is of either database. */
  private void awaitConnections() {
    var pool = ((HikariDataSource) database.dataSource()).getHikariPoolMXBean();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> pool.getIdleConnections() == Database.CONNECTIONS);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void assertMismatch() {
    assertThatThrownBy(() -> check(file))
        .isInstanceOf(IOException.class)
        .hasMessageMatching("(?s).*" + MISMATCH + ".*move .*-wal and .*-shm to where.*");
  }

  @Test
  void aDatabaseAndItsLogMatch() throws Exception {
    check(file);
    Files.move(file, elsewhere);
    Files.move(elsewhere, file);
    check(file);
    assertThat(Files.getPosixFilePermissions(root.resolve("platen.db-pair")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void aLogWhoseDatabaseIsMissingKeepsANewOneFromBeingMade() throws Exception {
    Files.move(file, elsewhere);
    assertThatThrownBy(() -> check(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("platen.db is missing")
        .hasMessageContaining("Put " + file + " back");
  }

  @Test
  void aBackupInThePlaceOfTheDatabaseIsRefusedUntilTheLogIsMoved() throws Exception {
    Files.move(file, elsewhere);
    Files.copy(backup, file);
    assertMismatch();
    assertThatThrownBy(() -> insert("lost"))
        .isInstanceOf(ConnectionException.class)
        .hasMessageMatching("(?s).*" + MISMATCH + ".*");

    Files.move(log, root.resolve("elsewhere.db-wal"));
    Files.move(root.resolve("platen.db-shm"), root.resolve("elsewhere.db-shm"));
    check(file);
    insert("after the backup");
    assertThat(names()).containsExactly("after the backup", "older");
    check(file);
    try (var before = open(elsewhere)) {
      assertThat(
              before.<Integer, RuntimeException>read(
                  handle ->
                      handle
                          .createQuery("SELECT COUNT(*) FROM setting WHERE name = 'younger'")
                          .mapTo(Integer.class)
                          .one()))
          .isEqualTo(1);
    }
  }

  @Test
  void aBackupThatIsWrittenOverTheDatabaseIsRefused() throws Exception {
    Files.write(file, Files.readAllBytes(backup), StandardOpenOption.TRUNCATE_EXISTING);
    assertThatCode(() -> check(file)).as("beside a server that runs").doesNotThrowAnyException();
    Files.setLastModifiedTime(log, FileTime.from(Instant.now().minus(Duration.ofMinutes(10))));
    assertMismatch();
  }

  @Test
  void aDirectoryThatIsCopiedAsAWholeIsTaken() throws Exception {
    Path copy = Files.createDirectory(root.resolve("copy"));
    for (var suffix : List.of("-wal", "", "-pair")) {
      Files.copy(Path.of(file + suffix), copy.resolve("platen.db" + suffix));
    }
    check(copy.resolve("platen.db"));
    try (var copied = open(copy.resolve("platen.db"))) {
      assertThat(copied.isUpToDate()).isTrue();
    }
  }

  @Test
  void aLogThatIsEmptyBelongsToWhateverStandsBesideIt() throws Exception {
    database.close();
    assertThat(log).doesNotExist();
    Files.move(file, elsewhere);
    Files.copy(backup, file);
    check(file);
    database = open(file);
    insert("after the backup");
    check(file);
    assertThat(names()).containsExactly("after the backup", "older");
  }
}
