package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.Collected;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.chunkstore.Workspaces;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.launch.BaseImages;
import io.platen.launch.OtherStores;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Templates are deleted, undeleted and purged while a collection is held at each of the points
 * between which it does something: what is not purged is whole afterwards, whatever happened when.
 */
@SuppressWarnings("NullAway.Init")
final class CollectionBesideUndeleteTest {
  private static final long MIB = 1 << 20;
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration WEEK = Duration.ofDays(7);

  /** Where the collection is held. */
  enum Gap {
    BEFORE_LISTING,
    BEFORE_AN_INDEX_IS_READ,
    BEFORE_INDEXES_ARE_REMOVED,
    BEFORE_THE_FIRST_CHUNK_IS_REMOVED,
    AFTER_THE_LAST_CHUNK
  }

  @TempDir private Path directory;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private final TemplateDeletion deletion = new TemplateDeletion(WEEK);
  private Database database;
  private FileChunkStore store;
  private IndexStore indexes;
  private IndexFiles files;

  /** Templates that machines stand on which the database does not know. */
  private final Map<String, String> unknown = new HashMap<>();

  private Workspaces workspaces;
  private Collection collection;
  private StoreMatch match;
  private Gap gap;
  private Runnable meanwhile = () -> {};

  @BeforeEach
  void open() throws IOException {
    var config = ServerConfig.defaults(directory);
    var data = config.data();
    data.create();
    database = Database.open(config.databaseUrl());
    store = FileChunkStore.open(data.store());
    indexes = new FileIndexStore(data.indexes());
    workspaces = new Workspaces(2);
    var site = Site.of(config);
    var identity = new StoreIdentity(site, database, config.shownDatabase(), () -> NOW);
    files = new IndexFiles(site, identity, database, templates, () -> unknown);
    var needed = new NeededIndexes(indexes, database, templates, "");
    match = new StoreMatch(site, config.shownDatabase(), database, identity);
    match.meet();
    collection =
        new Collection(
            new Held(store.maintenance()),
            needed,
            files,
            new ManifestWriter(site, files, database, identity, () -> false, _ -> {}),
            new BaseImages(
                data,
                indexes,
                new ImageReader(store, workspaces, 1),
                OtherStores.NONE,
                0,
                () -> _ -> true),
            match);
    database.change(handle -> new TeamRepository().insertTeam(handle, new Team("te1", "t", NOW)));
  }

  @AfterEach
  void close() throws IOException {
    workspaces.close();
    store.close();
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotPurgedIsWhole(Gap where) throws IOException {
    capture("tadeleted", 1, 2);
    capture("tbkept", 2, 3);
    capture("tcgone", 4, 5);
    capture("tdpurged", 6, 7);
    capture("tedue", 8, 9);
    delete("tadeleted", NOW);
    delete("tedue", NOW.minus(WEEK));
    purge("tcgone");
    gap = where;
    meanwhile =
        () -> {
          assertThat(undelete("tadeleted")).isTrue();
          delete("tbkept", NOW);
          assertThat(undelete("tbkept")).isTrue();
          purge("tdpurged");
          assertThat(undelete("tdpurged")).isFalse();
          List<String> due =
              database.transaction(
                  handle -> deletion.purgeDue(handle, deletion.due(handle, "", NOW, 10), NOW));
          assertThat(due).containsExactly("tedue");
          files.removeUnused(List.of("tedue"));
          assertThat(undelete("tedue")).isFalse();
          assertThat(undelete("tcgone")).isFalse();
        };
    collect();
    assertThat(held).isTrue();
    assertWhole("tadeleted", "tbkept");

    // What was purged meanwhile, at the latest the next one takes.
    gap = Gap.AFTER_THE_LAST_CHUNK;
    meanwhile = () -> {};
    collect();
    assertWhole("tadeleted", "tbkept");
    assertThat(store.count().chunks()).isEqualTo(3);
    for (String id : List.of("tcgone", "tdpurged", "tedue")) {
      assertThat(indexes.has(id)).as(id).isFalse();
    }
  }

  /** The way in which a template is lost whose index is no root once it is deleted. */
  @ParameterizedTest
  @EnumSource
  void whatIsDeletedWhileACollectionRunsAndUndeletedAfterItIsWhole(Gap where) throws IOException {
    capture("tadeleted", 1, 2);
    capture("tcgone", 4, 5);
    purge("tcgone");
    gap = where;
    meanwhile = () -> delete("tadeleted", NOW);
    collect();
    assertThat(held).isTrue();
    meanwhile = () -> {};
    collect();
    assertThat(undelete("tadeleted")).isTrue();
    assertWhole("tadeleted");
  }

  @Test
  void whatOnlyAMachineNeedsThatTheDatabaseDoesNotKnowStaysUntilThatIsSettled() throws IOException {
    capture("taheld", 1, 2);
    unknown.put("taheld", "psunknown");
    purge("taheld");
    assertThat(indexes.has("taheld")).isTrue();
    assertThatThrownBy(this::collect)
        .hasMessageContaining("psunknown")
        .hasMessageContaining("taheld")
        .hasMessageContaining("platen machine recover");
    assertWhole("taheld");

    unknown.clear();
    collect();
    assertThat(indexes.has("taheld")).isFalse();
  }

  @Test
  void whatIsDeletedIsPurgedWhenItsTimeIsOverAndTheStoreIsTheDatabases() throws IOException {
    capture("tafirst", 1);
    capture("tbsecond", 2);
    delete("tafirst", NOW);
    delete("tbsecond", NOW.plusSeconds(1));
    var now = new AtomicReference<>(NOW.plus(WEEK).minusMillis(1));
    try (var purging =
        new Purging(
            database, deletion, files, match, _ -> {}, now::get, new Watchdog(System::nanoTime))) {
      purging.purgeDue();
      assertThat(indexes.has("tafirst")).isTrue();
      now.set(NOW.plus(WEEK));
      // The index of a template that this database has never known: it is an older one.
      Path unknown = directory.resolve("index").resolve("tunknown.caibx");
      Files.copy(directory.resolve("index").resolve("tafirst.caibx"), unknown);
      assertThatThrownBy(purging::purgeDue).hasMessageContaining("nothing is purged");
      assertThat(indexes.has("tafirst")).isTrue();
      Files.delete(unknown);
      purging.purgeDue();
      assertThat(indexes.has("tafirst")).isFalse();
      assertThat(undelete("tafirst")).isFalse();
      assertThat(indexes.has("tbsecond")).isTrue();
      assertThat(undelete("tbsecond")).isTrue();
      now.set(NOW.plus(WEEK.multipliedBy(2)));
      purging.purgeDue();
      assertWhole("tbsecond");
    }
  }

  /** Its manifests may tell of an undeletion that the database has forgotten. */
  @Test
  void whatIsInTheStoreOfAnotherNodeIsLeftToThat() throws IOException {
    for (String id : List.of("tahere", "tbthere", "tcnobodys")) {
      capture(id, 1);
      delete(id, NOW);
    }
    database.change(
        handle -> {
          handle.execute("UPDATE template SET store = 'there' WHERE id = 'tbthere'");
          handle.execute("UPDATE template SET store = 'gone' WHERE id = 'tcnobodys'");
          handle.execute(
              "INSERT INTO node (name, store, directory_id, place, path, host, process, beat, dt_heartbeat) VALUES ('n2', 'there', 'd', 'p', '/d', 'h', 1, 0, 0)");
        });
    try (var purging =
        new Purging(
            database,
            deletion,
            files,
            match,
            _ -> {},
            () -> NOW.plus(WEEK),
            new Watchdog(System::nanoTime))) {
      purging.purgeDue();
    }
    assertThat(undelete("tahere")).isFalse();
    assertThat(undelete("tcnobodys")).isFalse();
    assertThat(undelete("tbthere")).isTrue();
  }

  private boolean held;

  private void collect() throws IOException {
    held = false;
    collection.run(false, Pace.unlimited(), new Cancellation());
  }

  private void at(Gap here) {
    if (here == gap && !held) {
      held = true;
      meanwhile.run();
    }
  }

  private void delete(String id, Instant when) {
    boolean deleted = database.transaction(handle -> deletion.delete(handle, id, when));
    assertThat(deleted).isTrue();
    files.removeUnused(List.of(id));
  }

  private void purge(String id) {
    boolean purged = database.transaction(handle -> deletion.purge(handle, id, NOW));
    assertThat(purged).isTrue();
    files.removeUnused(List.of(id));
  }

  private boolean undelete(String id) {
    return database.transaction(handle -> deletion.undelete(handle, id));
  }

  private void assertWhole(String... ids) throws IOException {
    for (String id : ids) {
      try (var index = indexes.open(id)) {
        for (var chunks = index.ids(); chunks.hasNext(); ) {
          assertThat(store.has(chunks.next())).as(id).isTrue();
        }
      }
    }
  }

  private void capture(String id, Integer... chunks) throws IOException {
    var written =
        new ImageWriter(store, indexes, workspaces, 1)
            .write(
                new NumberedImage(List.of(chunks)),
                null,
                id,
                ProgressListener.NONE,
                new Cancellation());
    var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
    database.change(
        handle -> {
          templates.insert(handle, Template.capturing(id, "te1", null, id, "ny2", os, 0, NOW));
          templates.complete(handle, id, chunks.length * MIB, written.digest());
        });
  }

  /** Holds the collections of a store. */
  private final class Held implements StoreMaintenance {
    private final StoreMaintenance maintenance;

    Held(StoreMaintenance maintenance) {
      this.maintenance = maintenance;
    }

    @Override
    public Collected collect(
        IndexRoots roots,
        boolean dryRun,
        Pace pace,
        CollectionListener listener,
        Cancellation cancellation)
        throws IOException {
      var collected =
          maintenance.collect(
              new HeldRoots(roots), dryRun, pace, new HeldSteps(listener), cancellation);
      at(Gap.AFTER_THE_LAST_CHUNK);
      return collected;
    }

    @Override
    public boolean setAside(ChunkId id) throws IOException {
      return maintenance.setAside(id);
    }
  }

  private final class HeldRoots implements IndexRoots {
    private final IndexRoots roots;

    HeldRoots(IndexRoots roots) {
      this.roots = roots;
    }

    @Override
    public void list(Visitor visitor) throws IOException {
      at(Gap.BEFORE_LISTING);
      roots.list(visitor);
    }

    @Override
    public Index open(String name) throws IOException {
      return roots.open(name);
    }

    @Override
    public boolean isNeeded(String name) throws IOException {
      return roots.isNeeded(name);
    }
  }

  private final class HeldSteps implements CollectionListener {
    private final CollectionListener listener;

    HeldSteps(CollectionListener listener) {
      this.listener = listener;
    }

    @Override
    public void marking(String index) throws IOException {
      at(Gap.BEFORE_AN_INDEX_IS_READ);
      listener.marking(index);
    }

    @Override
    public void marked() throws IOException {
      at(Gap.BEFORE_INDEXES_ARE_REMOVED);
      listener.marked();
    }

    @Override
    public void removing(ChunkId id) throws IOException {
      at(Gap.BEFORE_THE_FIRST_CHUNK_IS_REMOVED);
      listener.removing(id);
    }
  }
}
