package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SchemaVersionsTest {
  private static final Path MIGRATIONS = Path.of("src/main/resources/db/postgresql");

  /** A dump of PostgreSQL names the version of its schema, and may be restored on SQLite. */
  @Test
  void theVersionsOfPostgresAreKnownOnSqlite() throws Exception {
    List<String> versions;
    try (var files = Files.list(MIGRATIONS)) {
      versions =
          files
              .map(file -> file.getFileName().toString().replaceFirst("^V(\\w+?)__.*", "$1"))
              .map(version -> version.replace('_', '.'))
              .toList();
    }
    assertThat(versions).contains("1.1").allMatch(Database::knowsSchema);
  }
}
