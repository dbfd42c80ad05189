package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.config.ConfigFile;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.IndexFiles;
import io.platen.template.ManifestWriter;
import io.platen.template.Template;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class StoreAttachmentTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final long MIB = 1 << 20;

  @TempDir private Path directory;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private final Workspaces workspaces = new Workspaces(2);
  private Database database;
  private Site site;
  private StoreIdentity identity;
  private StoreMatch match;

  @BeforeEach
  void open() throws Exception {
    use("main");
    match.meet();
    match.establish();
    database.change(handle -> new TeamRepository().insertTeam(handle, new Team("te1", "t", NOW)));
  }

  @AfterEach
  void close() {
    workspaces.close();
    database.close();
  }

  /** The store in the same directory, by another name in the configuration. */
  private void use(String name) throws Exception {
    var file =
        Files.writeString(
            directory.resolve("x.yaml"),
            "stores: {%s: {directory: %s}}\n".formatted(name, directory.resolve("store")));
    var config = ConfigFile.read(file, null, null, directory.resolve("data"));
    config.data().create();
    new DataDirectory(directory.resolve("store")).create();
    if (database != null) {
      database.close();
    }
    database = Database.open(config.databaseUrl());
    site = Site.of(config, database);
    site.open().close();
    identity = new StoreIdentity(site, database, "x.db", () -> NOW);
    match = new StoreMatch(site, "x.db", database, identity);
  }

  private void capture(String id, Integer... chunks) throws IOException {
    try (var store = FileChunkStore.open(directory.resolve("store").resolve("store.castr"))) {
      var digest =
          new ImageWriter(store, site.indexes(), workspaces, 1)
              .write(
                  new NumberedImage(List.of(chunks)),
                  null,
                  id,
                  ProgressListener.NONE,
                  new Cancellation())
              .digest();
      var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
      database.change(
          handle -> {
            templates.insert(handle, Template.capturing(id, "te1", null, id, "ny2", os, 0, NOW));
            handle.execute("UPDATE template SET store = ? WHERE id = ?", site.name(), id);
          });
      var files = new IndexFiles(site, identity, database, templates, Map::of);
      var manifests = new ManifestWriter(site, files, database, identity, () -> false, _ -> {});
      manifests.captured(id, 0, chunks.length * MIB, digest, false);
      database.change(handle -> templates.complete(handle, id, chunks.length * MIB, digest));
    }
  }

  private void change(String sql) {
    database.change(handle -> handle.execute(sql));
  }

  private List<String> roots() throws IOException {
    var roots = new ArrayList<String>();
    new NeededIndexes(site.indexes(), database, templates, site.name())
        .list(root -> roots.add(root.name()));
    return roots;
  }

  private List<String> copies() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT template_id || ' ' || store || ' ' || is_lost FROM template_copy ORDER BY 1")
                .mapTo(String.class)
                .list());
  }

  private void attach() throws IOException {
    var _ = new StoreAttachment(site, database, identity).attach();
  }

  @Test
  void copiesThatTheDatabaseHasForgottenAreKnownAgain() throws Exception {
    capture("tacopy", 1);
    capture("tbsnapshot", 2);
    capture("tcos", 3);
    capture("tdeleted", 4);
    capture("tepurged", 5);
    capture("tfother", 6);
    capture("tglost", 7);
    capture("thown", 8);
    // All but the last were captured elsewhere.
    change("UPDATE template SET store = 'elsewhere' WHERE id <> 'thown'");
    change("UPDATE template SET is_snapshot = 1 WHERE id = 'tbsnapshot'");
    change("UPDATE template SET team_id = NULL WHERE id = 'tcos'");
    change("UPDATE template SET dt_deleted = 1 WHERE id IN ('tdeleted', 'tepurged')");
    change("UPDATE template SET dt_purged = 1 WHERE id = 'tepurged'");
    change("UPDATE template SET index_digest = '" + "a".repeat(64) + "' WHERE id = 'tfother'");
    change(
        "INSERT INTO template_copy (template_id, store, dt_copied, is_lost) VALUES ('tglost', 'main', 1, 1)");
    assertThat(roots()).containsExactly("thown");

    attach();
    assertThat(roots()).containsExactly("tacopy", "tbsnapshot", "tcos", "tdeleted", "thown");
    var known =
        List.of(
            "tacopy main 0",
            "tbsnapshot main 0",
            "tcos main 0",
            "tdeleted main 0",
            "tglost main 1");
    assertThat(copies()).isEqualTo(known);
    assertThat(match.check()).isEmpty();
    // Once more changes nothing.
    attach();
    assertThat(copies()).isEqualTo(known);
  }

  /** As if none of its templates were there: that name has none in the database. */
  @Test
  void aStoreThatTheConfigurationCallsOtherwiseIsNotCollected() throws Exception {
    capture("t1", 1);
    assertThat(match.check()).isEmpty();
    use("renamed");
    assertThat(match.check())
        .hasValueSatisfying(
            why -> assertThat(why).contains("\"main\"", "\"renamed\"", "platen store attach"));
    match.establish();
    assertThat(match.check()).isPresent();
    assertThat(match.isForeign()).isTrue();
    use("main");
    assertThat(match.check()).isEmpty();
    assertThat(roots()).containsExactly("t1");

    use("renamed");
    attach();
    assertThat(match.check()).isEmpty();
    assertThat(roots()).containsExactly("t1");
  }
}
