package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.paging.SortKeyHistory;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.site.StoreNotOwn;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ManifestWriterTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final String OTHER = "fedcba9876543210".repeat(4);
  private static final int BYTES = 1 << 20;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));

  private final TemplateDeletion deletion = new TemplateDeletion(Duration.ofDays(7));

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @SuppressWarnings("NullAway.Init")
  private Site site;

  @SuppressWarnings("NullAway.Init")
  private StoreIdentity identity;

  @SuppressWarnings("NullAway.Init")
  private ManifestWriter writer;

  @SuppressWarnings("NullAway.Init")
  private Manifests manifests;

  @BeforeEach
  void open() throws Exception {
    var config = ServerConfig.defaults(directory.resolve("data"));
    config.data().create();
    database = Database.open(config.databaseUrl());
    team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    site = Site.of(config);
    identity = new StoreIdentity(site, database, "x.db", () -> NOW);
    identity.establish(() -> true);
    var files = new IndexFiles(site, identity, database, templates, Map::of);
    writer = new ManifestWriter(site, files, database, identity, () -> false, _ -> {});
    manifests = new Manifests(site.manifests());
    var os = new OperatingSystem("LinuxHeadless", "", "x86_64", "bios");
    var template = Template.capturing("t1", team, "ps1", "first", "ny2", os, BYTES, NOW);
    change(handle -> templates.insert(handle, template));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void change(Consumer<Handle> work) {
    database.change(work::accept);
  }

  private void rename(String name) {
    change(
        handle -> {
          long version = SortKeyHistory.begin(handle, team);
          var template = templates.find(handle, "t1").orElseThrow();
          templates.rename(handle, team, version, template, name, NOW);
        });
  }

  /** Stands for a capture that published its index. */
  private void publish() throws IOException {
    Files.write(Path.of(site.indexes().place("t1")), new byte[100]);
  }

  private void capture() throws IOException {
    publish();
    writer.captured("t1", 0, BYTES, DIGEST, false);
    change(handle -> templates.complete(handle, "t1", BYTES, DIGEST));
  }

  private Manifest manifest() throws IOException {
    return manifests.read("t1").orElseThrow();
  }

  private long behind() {
    return database.read(ManifestChanges::count);
  }

  @Test
  void anImageIsToldOfBeforeItsTemplateIsAvailable() throws Exception {
    publish();
    writer.captured("t1", 0, BYTES, DIGEST, false);
    var told = manifest();
    assertThat(told.state()).isEqualTo(Manifest.State.AVAILABLE);
    assertThat(told.indexDigest()).isEqualTo(DIGEST);
    assertThat(told.team()).isEqualTo(new Manifest.Team(team, "a"));
    assertThat(told.parentMachineId()).isEqualTo("ps1");
    assertThat(told.number()).isZero();
    // The next attempt captured other data.
    writer.captured("t1", 0, BYTES, OTHER, false);
    assertThat(manifest().indexDigest()).isEqualTo(OTHER);
    change(handle -> templates.complete(handle, "t1", BYTES, OTHER));
    writer.tellAll();
    assertThat(manifest().number()).isEqualTo(1);
    assertThat(behind()).isZero();
  }

  @Test
  void oneThatIsBeingCapturedHasNone() throws Exception {
    rename("second");
    writer.tellAll();
    assertThat(manifests.has("t1")).isFalse();
    assertThat(behind()).isZero();
  }

  @Test
  void whatWasDeletedMeanwhileIsNotTold() {
    change(handle -> deletion.purge(handle, "t1", NOW));
    assertThatThrownBy(() -> writer.captured("t1", 0, BYTES, DIGEST, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("t1 was deleted");
  }

  @Test
  void changesAreToldAfterwardsAndOnceForAll() throws Exception {
    capture();
    rename("second");
    rename("third");
    assertThat(manifest().name()).isEqualTo("first");
    writer.tellAll();
    assertThat(manifest().name()).isEqualTo("third");
    assertThat(manifest().number()).isEqualTo(3);
    assertThat(behind()).isZero();
  }

  @Test
  void aDeletionIsToldBeforeTheIndexGoesAndForgottenAfterACollection() throws Exception {
    capture();
    change(handle -> deletion.protect(handle, "t1", true));
    writer.tellAll();
    assertThat(manifest().isProtected()).isTrue();
    change(handle -> deletion.protect(handle, "t1", false));
    change(handle -> deletion.delete(handle, "t1", NOW));
    writer.tellAll();
    assertThat(manifest().state()).isEqualTo(Manifest.State.DELETED);
    assertThat(site.indexes().has("t1")).as("it can be undeleted").isTrue();
    change(handle -> deletion.purge(handle, "t1", NOW));
    var files = new IndexFiles(site, identity, database, templates, Map::of);
    assertThat(files.removeUnused(List.of("t1"))).as("not told yet").isEmpty();
    assertThat(site.indexes().has("t1")).isTrue();
    assertThat(writer.tombstones()).isEmpty();
    writer.tellAll();
    assertThat(site.indexes().has("t1")).isFalse();
    assertThat(manifest().isTombstone()).isTrue();
    assertThat(manifest().dtDeleted()).isEqualTo(NOW);
    assertThat(writer.tombstones()).containsExactly("t1");
    writer.removeTombstones(List.of("t1"));
    assertThat(manifests.has("t1")).isFalse();
    // Nothing brings it back.
    change(handle -> ManifestChanges.changed(handle, "t1"));
    writer.tellAll();
    assertThat(manifests.has("t1")).isFalse();
  }

  @Test
  void anOlderDatabaseOverwritesNothing() throws Exception {
    capture();
    rename("second");
    writer.tellAll();
    var newest = manifest();
    for (long number : new long[] {0, 1}) {
      change(
          handle -> {
            handle.execute("UPDATE template SET name = 'first', manifest_number = ?", number);
            ManifestChanges.changed(handle, "t1");
          });
      writer.tellAll();
      assertThat(manifest()).isEqualTo(newest);
      var listing = IndexListing.of("", site.indexes(), manifests, database);
      assertThat(listing.newer().count()).isEqualTo(number == 0 ? 1 : 0);
    }
    // By hand.
    change(handle -> ManifestChanges.outrank(handle, "t1", 9));
    writer.tellAll();
    assertThat(manifest().name()).isEqualTo("first");
    assertThat(manifest().number()).isEqualTo(10);
  }

  @Test
  void ofSomeTemplatesItIsKnownWhetherTheDatabaseIsBehind() throws Exception {
    assertThat(areTold("t1")).as("no image yet").isTrue();
    assertThat(areTold("t1", "tunknown")).isFalse();
    capture();
    assertThat(areTold("t1")).as("to be told").isTrue();
    writer.tellAll();
    assertThat(areTold("t1")).isTrue();
    change(handle -> handle.execute("UPDATE template SET manifest_number = 0"));
    assertThat(areTold("t1")).as("an older database").isFalse();
    site.manifests().publish("t1", new byte[1]);
    assertThat(areTold("t1")).as("damaged").isFalse();
    site.manifests().remove("t1");
    assertThat(areTold("t1")).as("lost").isFalse();
  }

  private boolean areTold(String... ids) throws IOException {
    return IndexListing.areTold("", List.of(ids), manifests, database);
  }

  @Test
  void oneThatWentAnotherWaySinceIsNoticedAtTheSameNumber() throws Exception {
    capture();
    writer.tellAll();
    change(handle -> handle.execute("UPDATE template SET dt_deleted = 1, dt_purged = 1"));
    assertThat(IndexListing.of("", site.indexes(), manifests, database).newer().examples())
        .containsExactly("t1");
  }

  /** A dump that is made in that moment has the purge, and not that it waits to be told. */
  @Test
  void aPurgeThatADatabaseOfADumpHasNotToldIsToldAgain() throws Exception {
    capture();
    writer.tellAll();
    change(handle -> deletion.purge(handle, "t1", NOW));
    assertThat(IndexListing.of("", site.indexes(), manifests, database).untold()).isEmpty();
    change(handle -> handle.execute("DELETE FROM manifest_change"));
    writer.tellAll();
    assertThat(manifest().isTombstone()).isFalse();
    assertThat(IndexListing.of("", site.indexes(), manifests, database).untold())
        .containsExactly("t1");
    change(handle -> ManifestChanges.changed(handle, "t1"));
    writer.tellAll();
    assertThat(manifest().isTombstone()).isTrue();
  }

  @Test
  void aManifestThatIsDamagedOrLostIsWrittenAnew() throws Exception {
    capture();
    writer.tellAll();
    for (var text : new Optional<?>[] {Optional.of("{\"format\":1,"), Optional.empty()}) {
      if (text.isPresent()) {
        Files.writeString(Path.of(site.manifests().place("t1")), text.get().toString());
      } else {
        site.manifests().remove("t1");
      }
      var listing = IndexListing.of("", site.indexes(), manifests, database);
      assertThat(listing.untold()).containsExactly("t1");
      assertThat(listing.isComplete()).isFalse();
      change(handle -> ManifestChanges.changed(handle, "t1"));
      writer.tellAll();
      assertThat(manifest().name()).isEqualTo("first");
      assertThat(IndexListing.of("", site.indexes(), manifests, database).isComplete()).isTrue();
    }
  }

  @Test
  void anIndexWithNeitherRowNorManifestIsALeftoverAndOneWithAManifestIsNot() throws Exception {
    capture();
    writer.tellAll();
    Files.write(Path.of(site.indexes().place("t2")), new byte[100]);
    Files.write(Path.of(site.indexes().place("t3")), new byte[100]);
    site.manifests().publish("t3", new byte[1]);
    var listing = IndexListing.of("", site.indexes(), manifests, database);
    assertThat(listing.leftovers().examples()).containsExactly("t2");
    assertThat(listing.unknown().examples()).containsExactly("t3");
    var files = new IndexFiles(site, identity, database, templates, Map::of);
    assertThat(files.removeLeftovers()).containsExactly("t2");
    assertThat(site.indexes().has("t1")).isTrue();
    assertThat(site.indexes().has("t3")).isTrue();
  }

  @Test
  void nothingIsToldToAStoreThatIsNotTheDatabases() throws Exception {
    capture();
    Files.writeString(directory.resolve("data").resolve("store.json"), "{");
    assertThatThrownBy(writer::tellAll).isInstanceOf(StoreNotOwn.class);
    assertThat(behind()).isEqualTo(1);
    assertThatThrownBy(() -> writer.captured("t1", 0, BYTES, DIGEST, false))
        .isInstanceOf(StoreNotOwn.class)
        .hasMessageContaining("platen store attach");
    change(handle -> deletion.purge(handle, "t1", NOW));
    var files = new IndexFiles(site, identity, database, templates, Map::of);
    files.tellBy(writer::tellUnused);
    files.removeUnused(List.of("t1"));
    assertThat(site.indexes().has("t1")).isTrue();
    identity.attach();
    files.removeUnused(List.of("t1"));
    assertThat(site.indexes().has("t1")).isFalse();
  }
}
