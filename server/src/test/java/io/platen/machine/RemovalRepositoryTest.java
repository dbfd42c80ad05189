package io.platen.machine;

import io.platen.database.Database;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Deleted machines on SQLite. */
final class RemovalRepositoryTest extends RemovalContract {
  @SuppressWarnings("NullAway.Init")
  private Database database;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @BeforeEach
  @Override
  void makeTeam() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    super.makeTeam();
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  Database database() {
    return database;
  }
}
