package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.config.ConfigFile;
import io.platen.config.DataDirectory;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.liveness.Watchdog;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.IndexFiles;
import io.platen.template.ManifestWriter;
import io.platen.template.Template;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class PurgingTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration DAYS = Duration.ofDays(7);

  @TempDir private Path directory;

  private final TemplateDeletion deletion = new TemplateDeletion(DAYS);
  private Instant now = START;
  private Database database;
  private Purging purging;

  @BeforeEach
  void open() throws Exception {
    ServerConfig config = ConfigFile.read(null, null, null, directory);
    DataDirectory data = config.data();
    data.create();
    database = Database.open(config.databaseUrl());
    var site = Site.of(config, database);
    var identity = new StoreIdentity(site, database, "x.db", () -> now);
    var match = new StoreMatch(site, "x.db", database, identity);
    match.meet();
    match.establish();
    var templates = new TemplateRepository(new Cursors(new byte[32]));
    var files = new IndexFiles(site, identity, database, templates, Map::of);
    var manifests = new ManifestWriter(site, files, database, identity, () -> false, _ -> {});
    var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
    database.change(
        handle -> {
          new TeamRepository().insertTeam(handle, new Team("te1", "t", START));
          templates.insert(
              handle, Template.capturing("t1", "te1", null, "one", "ny2", os, 0, START));
        });
    try (var workspaces = new Workspaces(2);
        var store = site.open()) {
      var digest =
          new ImageWriter(store, site.indexes(), workspaces, 1)
              .write(
                  new NumberedImage(List.of(1)),
                  null,
                  "t1",
                  ProgressListener.NONE,
                  new Cancellation())
              .digest();
      manifests.captured("t1", 0, 1 << 20, digest, false);
      database.change(handle -> templates.complete(handle, "t1", 1 << 20, digest));
    }
    database.change(handle -> assertThat(deletion.delete(handle, "t1", START)).isTrue());
    purging =
        new Purging(
            database, deletion, files, match, _ -> {}, () -> now, new Watchdog(System::nanoTime));
  }

  @AfterEach
  void close() {
    purging.close();
    database.close();
  }

  private boolean isPurgedAfter(Duration passed) throws IOException {
    now = now.plus(passed);
    purging.purgeDue();
    return database.read(
        handle ->
            !handle
                .select("SELECT 1 FROM template WHERE dt_purged > 0")
                .mapToMap()
                .list()
                .isEmpty());
  }

  @Test
  void whatWasDeletedIsPurgedWhenItsDaysAreOver() throws Exception {
    for (int day = 1; day < DAYS.toDays(); day++) {
      assertThat(isPurgedAfter(Duration.ofDays(1))).isFalse();
    }
    assertThat(isPurgedAfter(Duration.ofDays(1).minusMillis(1))).isFalse();
    assertThat(isPurgedAfter(Duration.ofMillis(1))).isTrue();
  }

  @Test
  void aClockThatJumpsAheadPurgesNothingForADay() throws Exception {
    assertThat(isPurgedAfter(Duration.ofMinutes(1))).isFalse();
    assertThat(isPurgedAfter(Duration.ofDays(30))).isFalse();
    assertThat(isPurgedAfter(PurgeClock.DAY.minusMinutes(1))).isFalse();
    assertThat(isPurgedAfter(Duration.ofMinutes(1))).isTrue();
  }
}
