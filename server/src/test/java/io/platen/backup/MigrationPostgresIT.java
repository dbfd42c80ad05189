package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.support.PrivatePostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MigrationPostgresIT {
  private static final String OLD = "65";

  @Test
  void theDatabaseOfAnotherInstallationKeepsItsSchema(@TempDir Path directory) throws Exception {
    var postgres = PrivatePostgres.start();
    try {
      Database.openAt(postgres.url(), "theirs", OLD).close();
      var source = ServerConfig.defaults(directory.resolve("data"));
      source.data().create();
      Database.open(source.databaseUrl()).close();
      Path config =
          Files.writeString(
              directory.resolve("fleet.yaml"),
              "database: %s\nnode: ours\n".formatted(postgres.url()));
      var target = ConfigFile.read(config, null, null, source.data().root());
      try (var migration = Migration.prepare(source, target, config, InstantSource.system())) {
        assertThatThrownBy(() -> migration.run((phase, done, total) -> {}))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("the schema of an older version of Platen");
      }
      try (var theirs = Database.openAsIs(postgres.url())) {
        assertThat(theirs.schemaVersion()).contains(OLD);
      }
    } finally {
      postgres.remove();
    }
  }
}
