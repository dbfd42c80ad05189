package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.capture.Capture;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.ChunkUnreadable;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.Fault;
import io.platen.chunkstore.contract.FaultyStore;
import io.platen.chunkstore.contract.Operation;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.OpenDisk;
import io.platen.launch.OtherStores;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.process.RunDirectory;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.KnownTemplates;
import io.platen.template.Template;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A repair beside captures that store what it misses. */
final class RepairTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int MIB = 1 << 20;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  /** Stores that all nodes can read. */
  private Set<String> readable = Set.of("home");

  private OtherStores others = OtherStores.NONE;

  private final Workspaces workspaces = new Workspaces(4);
  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private FileChunkStore store;

  @SuppressWarnings("NullAway.Init")
  private IndexStore indexes;

  @SuppressWarnings("NullAway.Init")
  private String template;

  @BeforeEach
  void capture() throws Exception {
    data = new DataDirectory(directory.resolve("data"));
    data.create();
    database = Database.open(Database.sqliteUrl(data.database()));
    store = FileChunkStore.open(data.store());
    String team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    template = Ids.template();
    byte[] bytes = new byte[4 * MIB];
    new Random(1).nextBytes(bytes);
    Path raw = Files.write(directory.resolve("disk.raw"), bytes);
    indexes = new FileIndexStore(data.indexes());
    var capture =
        new Capture(
            new ImageWriter(store, indexes, workspaces, 2),
            indexes,
            RunDirectory.open(data.run()),
            2);
    try (var disk = OpenDisk.open(new Disk.Adopted(raw, DiskFormat.RAW))) {
      var written = capture.run(disk, null, template, (_, _) -> {}, new Cancellation());
      database.change(
          handle -> {
            templates.insert(handle, template(team));
            templates.complete(handle, template, written.size(), written.digest());
          });
    }
  }

  private Template template(String team) {
    return Template.capturing(
        template,
        team,
        null,
        "t",
        "ny2",
        new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
        4 * MIB,
        NOW);
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    workspaces.close();
    database.close();
  }

  /** The store, of which the chunks are seen only after some looks at them. */
  private final class Late implements ChunkSource {
    private int looks;

    Late(int looks) {
      this.looks = looks;
    }

    @Override
    public synchronized void read(ChunkId id, ByteBuffer target) throws IOException {
      if (looks > 0) {
        looks--;
        throw new ChunkMissing(id, "the store, for now");
      }
      store.read(id, target);
    }
  }

  private VerifyReport repaired(ChunkSource source) throws Exception {
    var verification =
        new Verification(
            new NeededIndexes(indexes, database, templates, ""),
            source,
            workspaces,
            1,
            Pace.unlimited());
    var mending =
        new Mending(
            database,
            templates,
            new Mending.Parts(store, indexes, others, (_, _) -> {}, workspaces, 2));
    return new Repair(database, templates, "", store, verification, mending, readable)
        .run(null, _ -> {}, new Cancellation());
  }

  private boolean isMarked() {
    return database.read(handle -> templates.damage(handle, template)).isPresent();
  }

  @Test
  void whatIsStoredBeforeTheEndMarksNothing() throws Exception {
    // Of four chunks: missed when they are read, and when they are read again, and stored then.
    for (int looks : new int[] {1, 4, 5, 8}) {
      var report = repaired(new Late(looks));
      assertThat(report.sound()).as("%d looks", looks).isTrue();
      assertThat(report.badChunks()).isZero();
      assertThat(isMarked()).isFalse();
    }
  }

  @Test
  void whatIsMissingMarks() throws Exception {
    var report = repaired(new Late(Integer.MAX_VALUE));
    assertThat(report.damaged())
        .extracting(VerifyReport.DamagedTemplate::template)
        .containsExactly(template);
    assertThat(report.badChunks()).isEqualTo(4);
    assertThat(isMarked()).isTrue();
    assertThat(repaired(store).healed()).containsExactly(template);
    assertThat(isMarked()).isFalse();
  }

  /** The store has a copy: the template itself is in another one. */
  @Test
  void aCopyThatIsDamagedIsForgottenAndTheTemplateIsWhole() throws Exception {
    makeCopy();
    assertThat(repaired(store).indexes()).isEqualTo(1);
    var report = repaired(new Late(Integer.MAX_VALUE));
    assertThat(report.damaged())
        .extracting(VerifyReport.DamagedTemplate::template)
        .containsExactly(template);
    assertThat(isMarked()).isFalse();
    assertThat(count("SELECT COUNT(*) FROM template_in_store WHERE store = ''")).isZero();
    assertThat(count("SELECT COUNT(*) FROM template_in_store WHERE store = 'home'")).isOne();
    // It is known still that the store is this database's.
    assertThat(
            database.<Boolean, RuntimeException>read(handle -> KnownTemplates.hasAny(handle, "")))
        .isTrue();
    assertThat(repaired(store).indexes()).isZero();
  }

  private void makeCopy() {
    database.change(
        handle -> {
          handle.execute("UPDATE template SET store = 'home'");
          handle.execute(
              "INSERT INTO template_copy (template_id, store, dt_copied) VALUES (?, '', 1)",
              template);
        });
  }

  /** As after a host was lost, or its region left the configuration: what is left stays. */
  @Test
  void theOnlyCopyThatIsLeftIsTheTemplateFromThenOn() throws Exception {
    readable = Set.of();
    makeCopy();
    assertThat(repaired(new Late(Integer.MAX_VALUE)).damaged()).hasSize(1);
    assertThat(isMarked()).isTrue();
    assertThat(count("SELECT COUNT(*) FROM template_in_store WHERE store = ''")).isOne();
    assertThat(count("SELECT COUNT(*) FROM template_in_store WHERE store = 'home'")).isZero();
    assertThat(repaired(store).healed()).containsExactly(template);
    assertThat(isMarked()).isFalse();
  }

  private long count(String query) {
    return database.<Long, RuntimeException>read(
        handle -> handle.createQuery(query).mapTo(Long.class).one());
  }

  @Test
  void whatTheMediumDoesNotGiveBackIsSetAsideAndWhatCanNotBeAskedForStays() throws Exception {
    var unavailable =
        repaired(failing(id -> new StoreUnavailable("503 for " + id, new IOException())));
    assertThat(unavailable.badChunks()).isEqualTo(4);
    assertThat(unavailable.setAside()).isZero();
    assertThat(unavailable.kept()).isEqualTo(4);
    assertThat(repaired(store).healed()).containsExactly(template);

    var unreadable =
        repaired(
            failing(
                id -> new ChunkUnreadable(ChunkId.ofHex(id), "a bad sector", new IOException())));
    assertThat(unreadable.setAside()).isEqualTo(4);
    assertThat(unreadable.kept()).isZero();
    assertThat(repaired(store).badChunks()).isEqualTo(4);
  }

  private FaultyStore failing(Function<String, IOException> failure) {
    return new FaultyStore(store, Fault.error(Operation.READ, 0, failure));
  }

  /** A store that has all that this one has now. */
  private OtherStores.Source elsewhere(String name) throws IOException {
    var other = new DataDirectory(directory.resolve(name));
    other.create();
    copy(data.store(), other.store());
    copy(data.indexes(), other.indexes());
    return new OtherStores.Source(
        name,
        other.root().toString(),
        new FileIndexStore(other.indexes()),
        new ChunkDirectory(other.store()));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private Path chunk(Path root, int at) throws IOException {
    try (var index = indexes.open(template)) {
      return new ChunkDirectory(root).file(index.id(at));
    }
  }

  private static void spoil(Path file) throws IOException {
    Files.write(file, new byte[] {1, 2, 3});
  }

  private String state() {
    return database.<String, RuntimeException>read(
        handle -> handle.createQuery("SELECT state FROM template").mapTo(String.class).one());
  }

  @Test
  void whatIsLostIsFetchedFromAnotherStoreWithTheIndexAndNothingElseIsTouched() throws Exception {
    var other = elsewhere("other");
    others = _ -> List.of(other);
    Path missing = chunk(data.store(), 0);
    Path bad = chunk(data.store(), 1);
    Path good = chunk(data.store(), 2);
    Path index = data.indexes().resolve(template + ".caibx");
    byte[] before = Files.readAllBytes(index);
    var untouched = Files.getLastModifiedTime(good);
    Files.delete(missing);
    spoil(bad);
    Files.delete(index);

    var report = repaired(store);
    assertThat(report.sound()).isTrue();
    assertThat(report.healed()).containsExactly(template);
    assertThat(report.setAside()).isEqualTo(1);
    assertThat(report.mended()).hasSize(1);
    var mended = report.mended().getFirst();
    assertThat(mended.from()).containsExactly("other");
    assertThat(mended.chunks()).isEqualTo(2);
    assertThat(mended.index()).isTrue();
    assertThat(mended.problem()).isNull();
    assertThat(index).hasBinaryContent(before);
    assertThat(Files.getLastModifiedTime(good)).isEqualTo(untouched);
    assertThat(isMarked()).isFalse();
    assertThat(repaired(store).mended()).isEmpty();

    // An index of other bytes is no better than none; a sound one stays.
    spoil(index);
    assertThat(repaired(store).sound()).isTrue();
    assertThat(index).hasBinaryContent(before);
    var time = Files.getLastModifiedTime(index);
    Files.delete(missing);
    assertThat(repaired(store).mended().getFirst().index()).isFalse();
    assertThat(Files.getLastModifiedTime(index)).isEqualTo(time);
  }

  @Test
  void nothingBadIsTakenFromAnotherStoreAndSeveralMakeOneWhole() throws Exception {
    var first = elsewhere("first");
    var second = elsewhere("second");
    others = _ -> List.of(first, second);
    Path index = data.indexes().resolve(template + ".caibx");
    Path lost = chunk(data.store(), 0);
    spoil(chunk(directory.resolve("first/store.castr"), 0));
    spoil(chunk(directory.resolve("second/store.castr"), 1));
    Path alsoLost = chunk(data.store(), 1);
    spoil(directory.resolve("first/index/" + template + ".caibx"));
    Files.delete(lost);
    Files.delete(alsoLost);
    Files.delete(index);
    assertThat(repaired(store).sound()).isTrue();

    spoil(chunk(directory.resolve("second/store.castr"), 0));
    Files.delete(lost);
    var report = repaired(store);
    assertThat(report.sound()).isFalse();
    assertThat(report.mended().getFirst().problem()).contains("1 of its chunks");
    assertThat(lost).doesNotExist();
    assertThat(isMarked()).isTrue();
    assertThat(state()).isEqualTo("damaged");
  }

  /** As while the other store is away: it has the template still. */
  @Test
  void aTemplateThatAnotherStoreHasCanBeLaunchedWhileItIsDamaged() throws Exception {
    database.change(
        handle ->
            handle.execute(
                "INSERT INTO template_copy (template_id, store, dt_copied) VALUES (?, 'home', 1)",
                template));
    var report = repaired(new Late(Integer.MAX_VALUE));
    assertThat(report.damaged()).hasSize(1);
    assertThat(isMarked()).isTrue();
    assertThat(state()).isEqualTo("available");
    // Once that has not it either, it can't.
    database.change(handle -> handle.execute("UPDATE template_copy SET is_lost = 1"));
    repaired(new Late(Integer.MAX_VALUE));
    assertThat(state()).isEqualTo("damaged");
    assertThat(repaired(store).healed()).containsExactly(template);
    assertThat(state()).isEqualTo("available");
  }

  /** The one may lack more than the other, and what is forgotten goes. */
  @Test
  void whatIsLostInAllStoresMakesNeitherOfThemForgetTheRest() throws Exception {
    var other = elsewhere("other");
    others = _ -> List.of(other);
    Files.delete(chunk(directory.resolve("other/store.castr"), 0));
    Files.delete(chunk(data.store(), 0));
    makeCopy();
    assertThat(repaired(store).damaged()).hasSize(1);
    assertThat(count("SELECT COUNT(*) FROM template_in_store WHERE store = ''")).isOne();
    assertThat(isMarked()).isFalse();
    // The original can't be launched: the copy is known not to be whole.
    database.change(
        handle -> {
          handle.execute("UPDATE template SET store = ''");
          handle.execute("UPDATE template_copy SET store = 'home'");
        });
    assertThat(repaired(store).damaged()).hasSize(1);
    assertThat(state()).isEqualTo("damaged");
    Files.delete(data.indexes().resolve(template + ".caibx"));
    Files.delete(directory.resolve("other/index/" + template + ".caibx"));
    assertThat(repaired(store).mended().getFirst().problem())
        .contains("none of them has its index");
    assertThat(state()).isEqualTo("damaged");
  }

  @Test
  void aReportOfAnOlderVersionIsRead() throws Exception {
    var report = repaired(store);
    String written = Reports.write(report);
    assertThat(Reports.read(written, VerifyReport.class)).isEqualTo(report);
    String older = written.replace(",\"mended\":[]", "");
    assertThat(older).isNotEqualTo(written);
    assertThat(Reports.read(older, VerifyReport.class)).isEqualTo(report);
  }
}
