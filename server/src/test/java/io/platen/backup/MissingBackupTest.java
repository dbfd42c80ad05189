package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.liveness.Watchdog;
import io.platen.notice.Outbox;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MissingBackupTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private double age;

  @Test
  void aMissingBackupIsToldOnceUntilThereIsOne(@TempDir Path directory) {
    try (var database = Database.open(Database.sqliteUrl(directory.resolve("platen.db")));
        var missing =
            new MissingBackup(
                database,
                new Outbox(database, () -> NOW, true),
                () -> age,
                _ -> {},
                new Watchdog(System::nanoTime))) {
      double[][] turns = {
        {Double.NaN, 0}, {47, 0}, {48, 1}, {72, 1}, {Double.NaN, 1}, {1, 1}, {49, 2}
      };
      for (var turn : turns) {
        age = turn[0] * 3600;
        missing.look();
        assertThat(Outbox.state(database, NOW).waiting())
            .as("%s hours", turn[0])
            .isEqualTo((long) turn[1]);
      }
    }
  }
}
