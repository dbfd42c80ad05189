package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.liveness.Watchdog;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.support.Store;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.Template;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import io.platen.template.WaitingTemplates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What templates take, on a real store, where more templates are there than are counted together.
 */
@SuppressWarnings("NullAway.Init")
final class StorageTest {
  private static final int MIB = 1 << 20;
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path directory;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private final TeamRepository teams = new TeamRepository();
  private Database database;
  private DataDirectory data;
  private FileChunkStore store;
  private Workspaces workspaces;

  @BeforeEach
  void open() throws IOException {
    data = new DataDirectory(directory);
    data.create();
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    store = FileChunkStore.open(data.store());
    workspaces = new Workspaces(2);
  }

  @AfterEach
  void close() throws IOException {
    workspaces.close();
    store.close();
    database.close();
  }

  @Test
  void templatesBeyondTheFirstBatchAreCountedBesideAllOthers() throws IOException {
    team("te1", "one");
    capture("ta1", "te1", 1, 2);
    capture("tb1", "te1", 2, 3);
    capture("tc1", null, 3, 4);
    var whole = storage(10).batch("", new Cancellation());
    assertThat(whole.end()).isEmpty();
    assertThat(whole.templates().keySet()).containsExactly("ta1", "tb1", "tc1");
    assertThat(sharedChunks(whole)).containsExactly(1L, 2L, 1L);

    var inPieces = storage(2);
    var first = inPieces.batch("", new Cancellation());
    var second = inPieces.batch(first.end().orElseThrow(), new Cancellation());
    assertThat(second.end()).isEmpty();
    var all = new ArrayList<>(first.templates().values());
    all.addAll(second.templates().values());
    assertThat(all).containsExactlyElementsOf(whole.templates().values());

    for (String id : List.of("ta1", "tb1", "tc1")) {
      assertThat(inPieces.batchWith(id, null, new Cancellation()).templates().get(id))
          .isEqualTo(whole.templates().get(id));
    }
  }

  @Test
  void whoAsksWhileOthersAreCountedIsAnsweredAfterThem() throws Exception {
    team("te1", "one");
    capture("ta1", "te1", 1, 2);
    capture("tb1", "te1", 2, 3);
    capture("tg1", "te1", 5);
    var counts = new ArrayDeque<Runnable>();
    var requests = new StorageRequests(storage(10), counts::add);
    var first = requests.get(known("ta1")).toCompletableFuture();
    var second = requests.get(known("tb1")).toCompletableFuture();
    var gone = requests.get(known("tg1")).toCompletableFuture();
    database.change(handle -> new TemplateDeletion(Duration.ZERO).delete(handle, "tg1", NOW));
    assertThat(counts).hasSize(1);
    assertThat(second).isNotDone();
    counts.remove().run();
    assertThat(first.get().usage().sharedChunks()).isEqualTo(1);
    assertThat(second.get().id()).isEqualTo("tb1");
    assertThat(gone).isCompletedExceptionally();

    var next = requests.get(known("ta1")).toCompletableFuture();
    assertThat(requests.get(known("tb1")).toCompletableFuture()).isCompleted();
    counts.remove().run();
    assertThat(next).isCompleted();
  }

  private Template known(String id) {
    return database.read(handle -> templates.find(handle, id)).orElseThrow();
  }

  @Test
  void aCountIsTrueUntilATemplateComesOrGoes() throws IOException {
    team("te1", "one");
    capture("ta1", "te1", 1, 2);
    capture("tb1", "te1", 2, 3);
    var storage = storage(10);
    var before = storage.batchWith("ta1", null, new Cancellation());
    assertThat(storage.batchWith("tb1", before, new Cancellation())).isSameAs(before);

    database.change(handle -> new TemplateDeletion(Duration.ZERO).delete(handle, "tb1", NOW));
    var after = storage.batchWith("ta1", before, new Cancellation());
    assertThat(after).isNotSameAs(before);
    assertThat(sharedChunks(after)).containsExactly(0L);
  }

  @Test
  void whatWaitsToBePurgedIsCountedByWhatPurgingItFrees() throws Exception {
    team("te1", "one");
    capture("ta1", "te1", 1, 2);
    capture("tb1", "te1", 2, 3);
    capture("tc1", "te1", 3, 4);
    var space =
        new PurgeableSpace(store, database, new NeededIndexes(indexes(), database, templates, ""));
    assertThat(space.waiting()).isEmpty();
    assertThat(space.bytes(new Cancellation())).isZero();
    var week = new TemplateDeletion(Duration.ofDays(7));
    database.change(handle -> week.delete(handle, "tb1", NOW));
    database.change(handle -> week.delete(handle, "tc1", NOW.plusSeconds(9)));
    assertThat(space.waiting()).hasValue(new WaitingTemplates(2, NOW, NOW.plusSeconds(9)));
    // 3 and 4; 2 is of one that stays too.
    long told = space.bytes(new Cancellation());
    assertThat(told).isEqualTo(storedBytes(3) + storedBytes(4));

    var hint = new PurgeHint(space, store, Long.MAX_VALUE, new Watchdog(System::nanoTime));
    assertThat(hint.bytes()).isZero();
    hint.look();
    assertThat(hint.bytes()).isEqualTo(told);
    database.change(handle -> week.purge(handle, "tb1", NOW));
    database.change(handle -> week.purge(handle, "tc1", NOW));
    hint.look();
    assertThat(hint.bytes()).isZero();
    hint.close();
    try (var roomy = new PurgeHint(space, store, 0, new Watchdog(System::nanoTime))) {
      database.change(handle -> week.delete(handle, "ta1", NOW));
      roomy.look();
      assertThat(roomy.bytes()).isZero();
    }
  }

  private long storedBytes(int number) throws Exception {
    byte[] chunk = new byte[MIB];
    Arrays.fill(chunk, (byte) number);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(chunk);
    return Files.size(new Store(directory).chunk(HexFormat.of().formatHex(hash)));
  }

  @Test
  void teamsShareWithEachOtherAndCountTheirOwnOnce() throws IOException {
    team("te1", "one");
    team("te2", "two");
    capture("ta1", "te1", 1, 2);
    capture("tb1", "te2", 2, 3);
    capture("tc1", "te1", 1, 4);
    var counted = storage(1).teams(new Cancellation());
    assertThat(counted.storedChunks()).isEqualTo(4);
    assertThat(counted.teams()).extracting(Storage.OfTeam::team).containsExactly("one", "two");
    assertThat(counted.teams()).extracting(team -> team.usage().chunks()).containsExactly(3L, 2L);
    assertThat(counted.teams())
        .extracting(team -> team.usage().sharedChunks())
        .containsExactly(1L, 1L);
    assertThat(counted.teams())
        .extracting(team -> team.usage().virtualBytes())
        .containsExactly(4L * MIB, 2L * MIB);
  }

  private static List<Long> sharedChunks(Storage.Batch batch) {
    return batch.templates().values().stream()
        .map(template -> template.usage().sharedChunks())
        .toList();
  }

  private IndexStore indexes() {
    return new FileIndexStore(data.indexes());
  }

  private Storage storage(int batch) {
    return new Storage(
        store, database, teams, new NeededIndexes(indexes(), database, templates, ""), batch);
  }

  private void team(String id, String name) {
    database.change(handle -> teams.insertTeam(handle, new Team(id, name, NOW)));
  }

  private void capture(String id, @Nullable String team, Integer... chunks) throws IOException {
    var written =
        new ImageWriter(store, indexes(), workspaces, 1)
            .write(
                new NumberedImage(List.of(chunks)),
                null,
                id,
                ProgressListener.NONE,
                new Cancellation());
    database.change(
        handle -> {
          templates.insert(handle, template(id, team));
          templates.complete(handle, id, (long) chunks.length * MIB, written.digest());
        });
  }

  private static Template template(String id, @Nullable String team) {
    var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
    return team == null
        ? Template.importing(
            id, id, "ny2", os, 0, new Disk.Adopted(Path.of("/disk.raw"), DiskFormat.RAW), NOW)
        : Template.capturing(id, team, null, id, "ny2", os, 0, NOW);
  }
}
