package io.platen.machine;

import io.platen.database.Database;
import io.platen.support.PrivatePostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Deleted machines on PostgreSQL. */
final class RemovalRepositoryPostgresIT extends RemovalContract {
  @SuppressWarnings("NullAway.Init")
  private static PrivatePostgres postgres;

  @SuppressWarnings("NullAway.Init")
  private static Database database;

  @BeforeAll
  static void start() throws Exception {
    postgres = PrivatePostgres.start();
    database = Database.open(postgres.url());
  }

  @AfterAll
  static void end() throws Exception {
    database.close();
    postgres.remove();
  }

  @Override
  Database database() {
    return database;
  }
}
