package io.platen.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SortKeyHistoryTest {
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Test
  void keysThatOnlyWalksOfYesterdayWouldNeedAreRemovedInBatches() {
    try (var database = Database.open(Database.sqliteUrl(directory.resolve("x.db")))) {
      String team = new TeamService(database, new TeamRepository(), () -> THEN).team("a").id();
      int old = 2 * SortKeyHistory.BATCH + 1;
      database.change(
          handle -> {
            for (int i = 0; i < old + 2; i++) {
              long version = SortKeyHistory.begin(handle, team);
              var when = i < old ? THEN : THEN.plusMillis(i - old + 1);
              SortKeyHistory.record(handle, team, version, "template.name", "t" + i, "old", when);
            }
          });
      var now = THEN.plus(SortKeyHistory.KEPT);
      assertThat(SortKeyHistory.removeExpired(database, now)).isZero();
      assertThat(SortKeyHistory.removeExpired(database, now.plusMillis(1))).isEqualTo(old);
      List<String> left =
          database.read(
              handle ->
                  handle
                      .createQuery("SELECT object_id FROM list_move ORDER BY version")
                      .mapTo(String.class)
                      .list());
      assertThat(left).containsExactly("t" + old, "t" + (old + 1));
      assertThat(SortKeyHistory.removeExpired(database, now.plusMillis(2))).isEqualTo(1);
    }
  }
}
