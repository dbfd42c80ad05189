package io.platen.site;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.support.PrivatePostgres;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases on PostgreSQL that have the same rows. */
final class StoreIdentityPostgresIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Test
  void aCopyOfADatabaseIsNotTakenForTheDatabase() throws Exception {
    var config = ServerConfig.defaults(directory.resolve("data"));
    config.data().create();
    var site = Site.of(config);
    var postgres = PrivatePostgres.start();
    try {
      String url = postgres.url();
      try (var database = Database.open(url)) {
        var own = identity(site, database);
        own.establish(() -> true);
        assertThat(own.mismatch()).isEmpty();
        assertThat(own.isEstablished()).isTrue();
      }
      String copy = copied(url);
      try (var database = Database.openAsIs(copy)) {
        var other = identity(site, database);
        assertThat(other.look().database()).isNotNull();
        assertThat(other.mismatch())
            .hasValueSatisfying(
                why -> assertThat(why).contains("another database", "platen store attach"));
        other.attach();
        assertThat(other.mismatch()).isEmpty();
      }
      try (var database = Database.openAsIs(url)) {
        assertThat(identity(site, database).mismatch()).isPresent();
      }
    } finally {
      postgres.remove();
    }
  }

  private static StoreIdentity identity(Site site, Database database) {
    return new StoreIdentity(site, database, "the database", () -> Instant.EPOCH);
  }

  /** As a dump that is restored beside the original. */
  private static String copied(String url) throws Exception {
    String name = url.replaceFirst("\\?.*", "").replaceFirst(".*/", "");
    String other = url.replaceFirst("/" + name + "(\\?|$)", "/template1$1");
    try (var connection = DriverManager.getConnection(other);
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE copied TEMPLATE \"" + name + "\"");
      // Whoever may connect may read the numbers that tell the two apart.
      statement.execute("CREATE ROLE plain");
      statement.execute("SET ROLE plain");
      try (var rows = statement.executeQuery("SELECT system_identifier FROM pg_control_system()")) {
        assertThat(rows.next()).isTrue();
      }
    }
    return url.replaceFirst("/" + name + "(\\?|$)", "/copied$1");
  }
}
