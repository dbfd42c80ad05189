package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.paging.SortKeyHistory;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.ManifestChanges.Change;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ManifestChangesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String DIGEST = "0123456789abcdef".repeat(4);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private final TemplateDeletion deletion = new TemplateDeletion(Duration.ofDays(7));

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("platen.db")));
    team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    insert("t1");
    insert("t2");
  }

  private void insert(String id) {
    var os = new OperatingSystem("LinuxHeadless", "", "x86_64", "bios");
    var template = Template.capturing(id, team, "ps1", id, "ny2", os, 1 << 20, NOW);
    database.change(handle -> templates.insert(handle, template));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<Change> behind() {
    return behind("", 10);
  }

  private List<Change> behind(String after, int limit) {
    return database.read(handle -> ManifestChanges.after(handle, "", after, limit));
  }

  private void change(Consumer<Handle> work) {
    database.change(work::accept);
  }

  @Test
  void eachChangeOfATemplateIsCountedAndNoneOfAnother() {
    assertThat(behind()).isEmpty();
    change(handle -> templates.complete(handle, "t1", 1 << 20, DIGEST));
    assertThat(behind()).containsExactly(new Change("t1", 1));
    change(
        handle -> {
          var template = templates.find(handle, "t1").orElseThrow();
          long version = SortKeyHistory.begin(handle, team);
          templates.rename(handle, team, version, template, "new", NOW);
        });
    change(handle -> templates.fail(handle, "t2", NOW));
    assertThat(behind()).containsExactly(new Change("t1", 2), new Change("t2", 1));
    change(handle -> deletion.delete(handle, "t1", NOW));
    change(handle -> deletion.delete(handle, "t1", NOW));
    assertThat(behind()).containsExactly(new Change("t1", 3), new Change("t2", 1));
    assertThat(database.<Long, RuntimeException>read(ManifestChanges::count)).isEqualTo(2);
  }

  @Test
  void whatIsRolledBackIsNotCounted() {
    try {
      change(
          handle -> {
            deletion.delete(handle, "t1", NOW);
            throw new IllegalStateException("rolled back");
          });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("rolled back");
    }
    assertThat(behind()).isEmpty();
  }

  @Test
  void whatChangedSinceTheStoreWasToldStays() {
    change(handle -> ManifestChanges.changed(handle, "t1"));
    var seen = behind().getFirst();
    change(handle -> ManifestChanges.changed(handle, "t1"));
    change(handle -> ManifestChanges.told(handle, "", seen));
    assertThat(behind()).containsExactly(new Change("t1", 2));
    change(handle -> ManifestChanges.told(handle, "", behind().getFirst()));
    assertThat(behind()).isEmpty();
    // The count goes on from where it was.
    change(handle -> ManifestChanges.changed(handle, "t1"));
    assertThat(behind()).containsExactly(new Change("t1", 3));
  }

  @Test
  void aTemplateWithoutARowIsIgnored() {
    change(handle -> ManifestChanges.changed(handle, "t3"));
    assertThat(behind()).isEmpty();
  }

  @Test
  void theyAreTakenSomeAtATime() {
    change(handle -> ManifestChanges.changed(handle, "t2"));
    change(handle -> ManifestChanges.changed(handle, "t1"));
    assertThat(behind("", 1)).containsExactly(new Change("t1", 1));
    assertThat(behind("t1", 1)).containsExactly(new Change("t2", 1));
  }
}
