package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DatabaseClaimTest {
  private static final Claimant HERE = claimant("a", "here");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  private static Claimant claimant(String id, String place) {
    return new Claimant(id, place, "/data/" + id, "host", 1);
  }

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private ClaimRow row() {
    return database.read(handle -> ClaimRow.find(handle, database.dialect(), "")).orElseThrow();
  }

  private void write(Claimant holder, String heartbeat) {
    database.change(
        handle ->
            handle
                .createUpdate(
                    "UPDATE node SET directory_id = :id, place = :place, dt_heartbeat = "
                        + heartbeat)
                .bindMethods(holder)
                .execute());
  }

  private void age() {
    write(row().holder(), "dt_heartbeat - 60000");
  }

  @ParameterizedTest
  @CsvSource({
    // holder's id and place, its silence in seconds, whether the operator takes over
    "a, here,  0,  false, TAKE", // the lock of the directory has been released
    "a, here,  ,   false, TAKE",
    "a, there, ,   false, TAKE",
    "a, there, 21, false, TAKE",
    "a, there, 19, false, WAIT",
    "a, there, 19, true,  WAIT",
    "b, there, ,   false, REFUSE",
    "b, there, 21, false, REFUSE",
    "b, there, 19, true,  REFUSE",
    "b, here,  19, true,  REFUSE",
    "b, there, 21, true,  TAKE",
    "b, there, ,   true,  TAKE",
    "a, there, -9, false, WAIT", // the database's clock was set back: it has to be looked at
    "b, there, -9, true,  WAIT",
    "b, there, -9, false, REFUSE",
  })
  void whoGetsADatabase(
      String id, String place, @Nullable Long silence, boolean takeOver, DatabaseClaim.Verdict is) {
    var row =
        new ClaimRow(claimant(id, place), 7, silence == null ? null : Duration.ofSeconds(silence));
    assertThat(DatabaseClaim.verdict(row, HERE, takeOver)).isEqualTo(is);
  }

  @Test
  void anotherDirectoryIsRefusedWithTheNameOfTheHolderAndTheRemedyUntilItTakesOver()
      throws Exception {
    var other = claimant("b", "there");
    try (var claim = DatabaseClaim.take(database, HERE, false)) {
      assertThatThrownBy(() -> DatabaseClaim.take(database, other, false))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("/data/a on the host host (process 1)")
          .hasMessageContaining("last sign of life 0 s ago")
          .hasMessageContaining("--take-over");
      assertThatThrownBy(() -> DatabaseClaim.check(database, other))
          .hasMessageContaining("/data/a");
      DatabaseClaim.check(database, claimant("a", "there"));
      assertThatThrownBy(() -> DatabaseClaim.take(database, other, true))
          .hasMessageContaining("It is at work")
          .hasMessageContaining("20 s");
      assertThat(claim.loss()).isNull();
    }
    assertThat(row().silence()).isNull();
    assertThatThrownBy(() -> DatabaseClaim.take(database, other, false))
        .hasMessageContaining("was stopped in order");
    try (var _ = DatabaseClaim.take(database, other, true)) {
      assertThat(row().holder()).isEqualTo(other);
      assertThat(row().silence()).isLessThan(Duration.ofSeconds(20));
    }
  }

  @Test
  void aHolderThatWasTakenForDeadHearsThatTheClaimIsLostAndChangesNothingMore() throws Exception {
    List<String> heard = new ArrayList<>();
    var stopped = DatabaseClaim.take(database, HERE, false);
    stopped.onLoss(heard::add);
    stopped.beat();
    assertThat(row().beat()).isEqualTo(1);
    age();
    try (var _ = DatabaseClaim.take(database, claimant("b", "there"), true)) {
      assertThatThrownBy(() -> database.change(stopped::require)).isInstanceOf(ClaimLost.class);
      assertThat(heard).isEmpty();
      stopped.beat();
      assertThat(heard).singleElement().asString().contains("/data/b", "/data/a stops its work");
      assertThat(stopped.loss()).isEqualTo(heard.getFirst());
      stopped.onLoss(heard::add);
      assertThat(heard).hasSize(2);
      stopped.close();
      assertThat(row().silence()).isNotNull();
    }
  }

  @Test
  void anOlderDatabaseThatIsPutBackUnderTheHolderIsTakenAgain() throws Exception {
    try (var claim = DatabaseClaim.take(database, HERE, false)) {
      // From before the host restarted, and before the directory had the database at all.
      write(claimant("a", "before the restart"), "1");
      assertThatThrownBy(() -> database.change(claim::require)).isInstanceOf(ClaimLost.class);
      claim.beat();
      database.change(claim::require);
      database.change(handle -> handle.execute("DELETE FROM node"));
      claim.beat();
      database.change(claim::require);
      assertThat(claim.loss()).isNull();
    }
  }

  @Test
  void whereTheClockWasSetBackADeadHolderIsRecognizedByItsSilence() throws Exception {
    DatabaseClaim.take(database, HERE, false).close();
    for (var next : List.of(claimant("a", "there"), claimant("b", "there"))) {
      write(row().holder(), "9999999999999");
      assertThat(row().words()).contains("before the clock of the database was set back");
      boolean takeOver = !next.id().equals("a");
      DatabaseClaim.take(database, next, takeOver, Duration.ofMillis(1)).close();
      assertThat(row().holder()).isEqualTo(next);
    }
  }

  @Test
  void aCopyOfTheDirectoryTakesOverOnlyWhereTheFirstHasEnded() throws Exception {
    try (var first = DatabaseClaim.take(database, HERE, false)) {
      age();
      try (var _ = DatabaseClaim.take(database, claimant("a", "there"), false)) {
        first.beat();
        assertThat(first.loss()).contains("/data/a");
      }
    }
  }
}
