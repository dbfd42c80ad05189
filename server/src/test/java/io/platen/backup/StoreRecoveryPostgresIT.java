package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.MemoryImage;
import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.database.Claimant;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.model.OperatingSystem;
import io.platen.node.DirectoryFile;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.support.PrivatePostgres;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.IndexFiles;
import io.platen.template.ManifestWriter;
import io.platen.template.Template;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRecovery.Kind;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store in a data directory is recovered into PostgreSQL, where it has its node's name. */
@SuppressWarnings("NullAway.Init")
final class StoreRecoveryPostgresIT {
  private static final Instant NOW = Instant.parse("2026-11-29T02:30:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final long MIB = 1 << 20;
  private static final String ID = "t1";

  private PrivatePostgres postgres;

  @TempDir private Path root;

  private Path data;
  private ServerConfig onPostgres;
  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));

  @BeforeEach
  void start() throws Exception {
    postgres = PrivatePostgres.start();
    data = root.resolve("data");
    var file =
        Files.writeString(
            root.resolve("x.yaml"), "database: %s\nnode: n1\n".formatted(postgres.url()));
    onPostgres = ConfigFile.read(file, null, null, data);
  }

  @AfterEach
  void stop() throws Exception {
    postgres.remove();
  }

  @Test
  void aDumpOfSqliteIsRecoveredIntoPostgres() throws Exception {
    var sqlite = ServerConfig.defaults(data);
    capture(sqlite);
    var _ = Backup.run(sqlite, CLOCK);
    recover();
    requireWorking();
  }

  @Test
  void aDumpOfPostgresIsRecoveredIntoAnotherOne() throws Exception {
    capture(onPostgres);
    var _ = Backup.run(onPostgres, CLOCK);
    postgres.remove();
    start();
    recover();
    requireWorking();
    // And again, into the one that is there.
    recover();
    requireWorking();
  }

  private void capture(ServerConfig config) throws Exception {
    config.data().create();
    try (var database = Database.open(config.databaseUrl(), config.node());
        var _ = DatabaseClaim.take(database, claimant(config), false);
        var store = FileChunkStore.open(config.data().store());
        var workspaces = new Workspaces(2)) {
      var site = Site.of(config, database);
      var identity = new StoreIdentity(site, database, config.shownDatabase(), CLOCK);
      identity.establish(() -> true);
      var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
      database.change(
          handle -> {
            new TeamRepository().insertTeam(handle, new Team("te1", "t", NOW));
            templates.insert(
                handle, Template.capturing(ID, "te1", null, "gold", "ny2", os, 0, NOW));
            handle.execute("UPDATE template SET store = ?", site.name());
          });
      var written =
          new ImageWriter(store, new FileIndexStore(config.data().indexes()), workspaces, 1)
              .write(
                  MemoryImage.ofData(new byte[(int) MIB]),
                  null,
                  ID,
                  ProgressListener.NONE,
                  new Cancellation());
      new ManifestWriter(
              site,
              new IndexFiles(site, identity, database, templates, Map::of),
              database,
              identity,
              () -> false,
              _ -> {})
          .captured(ID, 0, MIB, written.digest(), false);
      database.change(handle -> templates.complete(handle, ID, MIB, written.digest()));
    }
  }

  private void recover() throws Exception {
    var options = new StoreRecovery.Options(null, false, Set.of(), false);
    try (var recovery = StoreRecovery.prepare(onPostgres, options, CLOCK)) {
      assertThat(recovery.plan().found().count(Kind.COPIED)).isZero();
      var _ = recovery.run();
    }
  }

  /** The next server starts, has the store and its template, and changes that. */
  private void requireWorking() throws Exception {
    try (var database = Database.open(onPostgres.databaseUrl(), onPostgres.node());
        var _ = DatabaseClaim.take(database, claimant(onPostgres), true)) {
      var site = Site.of(onPostgres, database);
      assertThat(site.name()).isEqualTo("n1");
      assertThat(new StoreIdentity(site, database, "x", CLOCK).isEstablished()).isTrue();
      assertThat(text(database, "SELECT store FROM template")).isEqualTo("n1");
      assertThat(text(database, "SELECT COUNT(*) FROM template_copy")).isEqualTo("0");
      assertThat(text(database, "SELECT name FROM setting WHERE name LIKE 'store-id%'"))
          .isEqualTo("store-id@n1");
      var deletion = new TemplateDeletion(Duration.ofDays(7));
      boolean isDeleted =
          database.transaction(
              handle -> deletion.delete(handle, ID, NOW) && deletion.undelete(handle, ID));
      assertThat(isDeleted).isTrue();
    }
  }

  private static Claimant claimant(ServerConfig config) throws IOException {
    return new DirectoryFile(config).claimant(Optional.empty());
  }

  private static String text(Database database, String sql) {
    return database.read(handle -> handle.createQuery(sql).mapTo(String.class).one());
  }
}
