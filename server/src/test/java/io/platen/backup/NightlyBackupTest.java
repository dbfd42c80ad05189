package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.DailyTime;
import io.platen.config.ServerConfig;
import io.platen.config.UpkeepConfig;
import io.platen.database.Database;
import io.platen.liveness.Watchdog;
import io.platen.notice.Outbox;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NightlyBackupTest {
  private static final Instant EVENING = Instant.parse("2026-11-28T20:00:00Z");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private Instant now = EVENING;
  private boolean isKeeper = true;
  private final InstantSource clock = () -> now;

  @SuppressWarnings("NullAway.Init")
  private Site site;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private NightlyBackup backup;

  @BeforeEach
  void open() throws IOException {
    var config = ServerConfig.defaults(root.resolve("data"));
    config.data().create();
    site = Site.of(config);
    database = Database.open(config.databaseUrl());
    match().meet();
    backup = started(UpkeepConfig.DEFAULT.backupTime());
  }

  @AfterEach
  void close() {
    backup.close();
    database.close();
  }

  private StoreMatch match() {
    return new StoreMatch(
        site, "x.db", database, new StoreIdentity(site, database, "x.db", () -> Instant.EPOCH));
  }

  private NightlyBackup started(DailyTime time) {
    return new NightlyBackup(
        new Dumps(site.dumps(), clock),
        new DumpSource(database, "x.db", match()),
        time,
        () -> isKeeper,
        new Outbox(database, clock, true),
        _ -> {},
        clock,
        new Watchdog(System::nanoTime));
  }

  private List<String> told() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT body FROM notice ORDER BY dt_created")
                .mapTo(String.class)
                .list());
  }

  private void addTeam() {
    database.change(
        handle ->
            handle.execute(
                "INSERT INTO team (id, name, dt_created) VALUES ('t', 't', ?)",
                now.toEpochMilli()));
  }

  private void mark(String mark) {
    database.change(
        handle -> handle.execute("UPDATE setting SET value = ? WHERE name = 'store'", mark));
  }

  private List<String> dumps() throws IOException {
    return site.dumps().names();
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  @Test
  void aDumpIsMadeOnceEachNight() throws Exception {
    addTeam();
    backup.look();
    assertThat(dumps()).isEmpty();
    now = Instant.parse("2026-11-29T02:29:59Z");
    backup.look();
    assertThat(dumps()).isEmpty();
    pass(Duration.ofSeconds(1));
    backup.look();
    backup.look();
    assertThat(dumps()).containsExactly("metadata-20261129T023000000Z");
    assertThat(backup.ageSeconds()).isZero();
    pass(Duration.ofHours(23));
    backup.look();
    assertThat(dumps()).hasSize(1);
    assertThat(backup.ageSeconds()).isEqualTo(23 * 3600);
    pass(Duration.ofHours(2));
    backup.look();
    assertThat(dumps()).hasSize(2).last().isEqualTo("metadata-20261130T033000000Z");
  }

  @Test
  void aServerThatWasOffAtNightMakesUpForItWhenItStarts() throws Exception {
    addTeam();
    now = Instant.parse("2026-11-29T02:31:00Z");
    backup.look();
    now = Instant.parse("2026-12-04T10:00:00Z");
    try (var restarted = started(UpkeepConfig.DEFAULT.backupTime())) {
      restarted.look();
      assertThat(dumps()).hasSize(2).last().isEqualTo("metadata-20261204T100000000Z");
      now = Instant.parse("2026-12-05T02:30:00Z");
      restarted.look();
      assertThat(dumps()).hasSize(3);
    }
  }

  @Test
  void anEmptyDatabaseIsNotDumped() throws Exception {
    pass(Duration.ofDays(3));
    backup.look();
    addTeam();
    backup.look();
    assertThat(dumps()).isEmpty();
    assertThat(backup.ageSeconds()).isZero();
  }

  @Test
  void theLast14Stay() throws Exception {
    addTeam();
    for (int night = 0; night < 20; night++) {
      pass(Duration.ofDays(1));
      backup.look();
    }
    assertThat(dumps())
        .hasSize(14)
        .startsWith("metadata-20261205T200000000Z")
        .endsWith("metadata-20261218T200000000Z");
  }

  @Test
  void aClockThatIsSetBackLosesNoDump() throws Exception {
    addTeam();
    nights(14);
    var before = dumps();
    now = now.minus(Duration.ofDays(365));
    for (int look = 0; look < 3; look++) {
      backup.look();
      pass(Duration.ofMinutes(1));
    }
    assertThat(dumps()).hasSize(15).containsAll(before).startsWith("metadata-20251212T200000000Z");
    assertThat(new Dumps(site.dumps(), clock).find().place()).contains("metadata-20251212");
    now = now.plus(Duration.ofDays(366));
    backup.look();
    assertThat(dumps())
        .hasSize(14)
        .startsWith(before.get(1))
        .endsWith("metadata-20261213T200300000Z");
  }

  @Test
  void dumpsOfAClockThatWasAheadAreNotTakenForTheNewest() throws Exception {
    addTeam();
    now = now.plus(Duration.ofDays(30));
    nights(14);
    var ahead = dumps();
    now = EVENING.plus(Duration.ofDays(14));
    nights(2);
    assertThat(dumps()).hasSize(16).containsAll(ahead);
    var found = new Dumps(site.dumps(), clock);
    assertThat(found.find().place()).contains("metadata-20261214T200000000Z");
    assertThat(found.oldestFirst()).endsWith("metadata-20261213T200000000Z", dumps().get(1));
    // On a host whose clock is a little behind.
    now = now.minus(Duration.ofHours(20));
    assertThat(found.find().place()).contains("metadata-20261214T200000000Z");
  }

  private void nights(int count) throws IOException {
    for (int night = 0; night < count; night++) {
      pass(Duration.ofDays(1));
      backup.look();
    }
  }

  @Test
  void noneIsMadeWhereTheTimeIsNever() throws Exception {
    addTeam();
    try (var never = started(new DailyTime(Optional.empty()))) {
      pass(Duration.ofDays(3));
      never.look();
      assertThat(dumps()).isEmpty();
      // It is warned of all the same.
      assertThat(never.ageSeconds()).isEqualTo(3 * 86_400);
    }
  }

  @Test
  void aDumpThatFailsIsTriedAgainAfterAWhile() throws Exception {
    addTeam();
    pass(Duration.ofDays(1));
    mark("foreign");
    assertThatThrownBy(backup::look).isInstanceOf(IOException.class);
    mark("ours");
    pass(Duration.ofMinutes(14));
    backup.look();
    assertThat(dumps()).isEmpty();
    pass(Duration.ofMinutes(1));
    backup.look();
    assertThat(dumps()).hasSize(1);
  }

  @Test
  void theOperatorIsToldOnceThatDumpsAreMissing() throws Exception {
    addTeam();
    pass(Duration.ofDays(1));
    backup.look();
    mark("foreign");
    pass(Duration.ofDays(1));
    assertThatThrownBy(backup::look).isInstanceOf(IOException.class);
    assertThat(told()).isEmpty();
    pass(Duration.ofDays(2));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(backup::look).isInstanceOf(IOException.class);
      pass(Duration.ofHours(1));
    }
    assertThat(told())
        .singleElement()
        .asString()
        .contains("\"backup.missing\"", "\"since\":\"2026-11-29T20:00:00Z\"");
    mark("ours");
    backup.look();
    mark("foreign");
    pass(Duration.ofDays(3));
    assertThatThrownBy(backup::look).isInstanceOf(IOException.class);
    assertThat(told()).hasSize(2);
  }

  @Test
  void theStoreOfAnotherDatabaseGetsNoDumpAndLosesNone() throws Exception {
    addTeam();
    pass(Duration.ofDays(1));
    backup.look();
    mark("foreign");
    pass(Duration.ofDays(1));
    assertThatThrownBy(backup::look).hasMessageContaining("is not the store of the database");
    assertThat(dumps()).hasSize(1);
  }

  @Test
  void oldDumpsStayWhereTheStoreHoldsWhatTheDatabaseDoesNotKnow() throws Exception {
    addTeam();
    for (int night = 0; night < 14; night++) {
      pass(Duration.ofDays(1));
      backup.look();
    }
    try (var draft = site.indexes().begin("tunknown")) {
      draft.publish("");
    }
    pass(Duration.ofDays(1));
    backup.look();
    assertThat(dumps()).hasSize(15);
    site.indexes().remove("tunknown");
    pass(Duration.ofDays(1));
    backup.look();
    assertThat(dumps()).hasSize(14);
  }

  @Test
  void aDumpOfAClockThatWasAheadIsNotWaitedFor() throws Exception {
    addTeam();
    now = Instant.parse("2030-01-01T10:00:00Z");
    backup.look();
    now = Instant.parse("2026-12-01T10:00:00Z");
    backup.look();
    backup.look();
    assertThat(dumps())
        .containsExactly("metadata-20261201T100000000Z", "metadata-20300101T100000000Z");
  }
}
