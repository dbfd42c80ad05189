package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.MemoryImage;
import io.platen.database.Database;
import io.platen.template.TemplateRecovery.Kind;
import io.platen.template.TemplateRecovery.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplateRecoveryTest {
  private static final Instant CREATED = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2026-11-02T00:00:00Z");
  private static final Manifest.Team TEAM = new Manifest.Team("team1", "one");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private IndexStore indexes;

  private final Workspaces workspaces = new Workspaces(2);

  @BeforeEach
  void open() throws IOException {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    Files.createDirectory(directory.resolve("index"));
    indexes = new FileIndexStore(directory.resolve("index"));
    database.change(
        handle ->
            handle.execute(
                "INSERT INTO team (id, name, dt_created) VALUES ('team1', 'one', 1), ('team2', 'two', 1)"));
  }

  @AfterEach
  void close() {
    database.close();
    workspaces.close();
  }

  /** Publishes an index; answers its digest. */
  private String index(String id, int content) throws IOException {
    byte[] bytes = new byte[1 << 20];
    Arrays.fill(bytes, (byte) content);
    try (var store = FileChunkStore.open(directory.resolve("x.castr"))) {
      return new ImageWriter(store, indexes, workspaces, 1)
          .write(MemoryImage.ofData(bytes), null, id, ProgressListener.NONE, new Cancellation())
          .digest();
    }
  }

  private static Manifest manifest(String id, long number, String name, @Nullable String digest) {
    return manifest(id, number, name, digest, TEAM, null, null);
  }

  private static Manifest manifest(
      String id,
      long number,
      String name,
      @Nullable String digest,
      Manifest.@Nullable Team team,
      @Nullable Instant deleted,
      @Nullable Instant purged) {
    return new Manifest(
        id,
        number,
        ManifestRows.state(deleted, purged),
        team == null ? Manifest.Kind.OS : Manifest.Kind.CUSTOM,
        name,
        team,
        new Manifest.Os("Debian", "LinuxHeadless", "x86_64", "bios"),
        "ny2",
        1 << 20,
        digest,
        "psmachine",
        "tparent",
        false,
        false,
        false,
        CREATED,
        deleted,
        purged);
  }

  private Outcome apply(Manifest manifest) throws IOException {
    var recovery =
        new TemplateRecovery(
            indexes, "", asked -> asked.team() != null && asked.team().id().startsWith("team"));
    return database.transaction(handle -> recovery.apply(handle, manifest));
  }

  private Map<String, Object> row(String id) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM template WHERE id = :id")
                .bind("id", id)
                .mapToMap()
                .findOne()
                .orElseThrow());
  }

  private long rows() {
    return database.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM template").mapTo(Long.class).one());
  }

  /** What lists find by a name. */
  private List<Long> found(String name) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT rowid FROM template_search WHERE template_search MATCH :name")
                .bind("name", '"' + name + '"')
                .mapTo(Long.class)
                .list());
  }

  @Test
  void whatTheDatabaseDoesNotKnowIsAddedAsItsManifestTells() throws Exception {
    var manifest = manifest("t1", 7, "Captured since", index("t1", 1));
    assertThat(apply(manifest)).isEqualTo(new Outcome(Kind.ADDED, "Captured since"));
    assertThat(row("t1"))
        .containsEntry("team_id", "team1")
        .containsEntry("name_folded", "captured since")
        .containsEntry("state", "available")
        .containsEntry("index_digest", manifest.indexDigest())
        .containsEntry("parent_template_id", "tparent")
        .containsEntry("dt_deleted", null)
        .containsEntry("manifest_number", 7);
    // The row says the same as the manifest now.
    assertThat(
            database.<Optional<Manifest>, RuntimeException>read(
                handle -> ManifestRows.find(handle, "t1")))
        .contains(manifest);
    assertThat(apply(manifest).kind()).isEqualTo(Kind.KNOWN);
    assertThat(found("captured")).hasSize(1);
  }

  @Test
  void aRowFollowsAYoungerManifestAndNoOlderOne() throws Exception {
    String digest = index("t1", 1);
    apply(manifest("t1", 7, "before", digest));
    assertThat(apply(manifest("t1", 7, "before", digest)).kind()).isEqualTo(Kind.KNOWN);
    assertThat(apply(manifest("t1", 6, "older", digest)).kind()).isEqualTo(Kind.KNOWN);
    assertThat(row("t1")).containsEntry("name", "before");
    assertThat(apply(manifest("t1", 9, "after", digest)))
        .isEqualTo(new Outcome(Kind.CHANGED, "before, now after"));
    assertThat(row("t1")).containsEntry("name", "after").containsEntry("manifest_number", 9);
    assertThat(found("after")).hasSize(1);
    assertThat(found("before")).isEmpty();
  }

  /** As of a database of before a recovery, whose last change was never told. */
  @Test
  void aRowFollowsAnotherHistoryAtTheSameNumber() throws Exception {
    String digest = index("t1", 1);
    apply(manifest("t1", 7, "lost change", digest));
    assertThat(apply(manifest("t1", 7, "told change", digest)))
        .isEqualTo(new Outcome(Kind.CHANGED, "lost change, now told change"));
    assertThat(row("t1")).containsEntry("name", "told change");
    var deleted = manifest("t1", 7, "told change", digest, TEAM, LATER, null);
    assertThat(apply(deleted).kind()).isEqualTo(Kind.DELETED);
    assertThat(apply(deleted).kind()).isEqualTo(Kind.KNOWN);
  }

  @Test
  void whatWasDeletedStaysDeletedAndWhatWasUndeletedIsThere() throws Exception {
    String digest = index("t1", 1);
    apply(manifest("t1", 1, "name", digest));
    var deleted = manifest("t1", 2, "renamed", digest, TEAM, LATER, null);
    assertThat(apply(deleted).kind()).isEqualTo(Kind.DELETED);
    assertThat(row("t1")).containsEntry("dt_purged", null);
    assertThat(row("t1").get("dt_deleted")).isEqualTo(LATER.toEpochMilli());
    assertThat(found("renamed")).isEmpty();
    assertThat(apply(manifest("t1", 3, "again", digest)).kind()).isEqualTo(Kind.UNDELETED);
    assertThat(row("t1")).containsEntry("dt_deleted", null);
    assertThat(found("again")).hasSize(1);
    var purged = manifest("t1", 4, "again", digest, TEAM, LATER, LATER);
    assertThat(apply(purged).kind()).isEqualTo(Kind.DELETED);
    assertThat(row("t1").get("dt_purged")).isEqualTo(LATER.toEpochMilli());
    // What is purged once may have lost its chunks.
    assertThat(apply(manifest("t1", 5, "again", digest)).kind()).isEqualTo(Kind.REFUSED);

    // Of what the database does not know a row is there as long as an index is.
    var unknown = manifest("t2", 2, "gone", index("t2", 2), TEAM, LATER, LATER);
    assertThat(apply(unknown).kind()).isEqualTo(Kind.DELETED);
    assertThat(row("t2").get("dt_purged")).isEqualTo(LATER.toEpochMilli());
    var ended = manifest("t3", 2, "gone", "e".repeat(64), TEAM, LATER, LATER);
    assertThat(apply(ended).kind()).isEqualTo(Kind.KNOWN);
    assertThat(rows()).isEqualTo(2);
  }

  @Test
  void whoseOwnerNobodyConfirmsIsKeptApart() throws Exception {
    String digest = index("t1", 1);
    var stranger = new Manifest.Team("stranger", "one");
    assertThat(apply(manifest("t1", 1, "n", digest, stranger, null, null)).kind())
        .isEqualTo(Kind.APART);
    assertThat(apply(manifest("t1", 1, "n", digest, null, null, null)).kind())
        .isEqualTo(Kind.APART);
    assertThat(rows()).isZero();
  }

  @Test
  void whatContradictsTheDatabaseOrTheIndexChangesNothing() throws Exception {
    String digest = index("t1", 1);
    apply(manifest("t1", 1, "name", digest));
    var before = row("t1");
    var other = new Manifest.Team("team2", "two");
    assertThat(apply(manifest("t1", 2, "stolen", digest, other, null, null)))
        .isEqualTo(new Outcome(Kind.REFUSED, "it names another team than the database"));
    assertThat(apply(manifest("t1", 2, "everybody's", digest, null, null, null)).kind())
        .isEqualTo(Kind.REFUSED);
    assertThat(apply(manifest("t1", 2, "exchanged", "f".repeat(64))))
        .isEqualTo(new Outcome(Kind.REFUSED, "it tells of another index than the database"));
    assertThat(row("t1")).isEqualTo(before);
    index("t2", 2);
    assertThat(apply(manifest("t2", 1, "other index", digest)))
        .isEqualTo(
            new Outcome(Kind.REFUSED, "its index is another one than its manifest tells of"));
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void aCopyThatTheDatabaseForgotIsKnownAgain() throws Exception {
    String digest = index("t1", 1);
    var manifest = manifest("t1", 3, "copied", digest);
    apply(manifest);
    apply(manifest("t2", 3, "broken", index("t2", 2)));
    apply(manifest("t3", 3, "purged", index("t3", 3), TEAM, LATER, LATER));
    apply(manifest("t4", 3, "lost", index("t4", 4)));
    database.change(
        handle -> {
          handle.execute("UPDATE template SET store = 'main'");
          handle.execute(
              "INSERT INTO template_copy (template_id, store, dt_copied, is_lost) VALUES ('t4', '', 0, 1)");
        });
    assertThat(apply(manifest)).isEqualTo(new Outcome(Kind.COPIED, "copied"));
    assertThat(apply(manifest).kind()).isEqualTo(Kind.KNOWN);
    Files.writeString(directory.resolve("index").resolve("t2.caibx"), "no index");
    String other = Objects.toString(row("t2").get("index_digest"));
    assertThat(apply(manifest("t2", 3, "broken", other)).kind()).isEqualTo(Kind.KNOWN);
    assertThat(apply(manifest("t1", 4, "exchanged", other)).kind()).isEqualTo(Kind.REFUSED);
    assertThat(apply(manifest("t3", 3, "purged", index("t3", 3), TEAM, LATER, LATER)).kind())
        .isEqualTo(Kind.KNOWN);
    assertThat(apply(manifest("t4", 3, "lost", index("t4", 4))).kind()).isEqualTo(Kind.KNOWN);
    assertThat(
            database.<List<String>, RuntimeException>read(
                handle ->
                    handle
                        .createQuery(
                            "SELECT template_id FROM template_in_store WHERE store = '' ORDER BY template_id")
                        .mapTo(String.class)
                        .list()))
        .containsExactly("t1");
    // As a root in this store it is what nothing may remove.
    assertThat(row("t1")).containsEntry("store", "main");
  }

  @Test
  void whatHasNoIndexIsMarked() throws Exception {
    assertThat(apply(manifest("t1", 1, "lost", "a".repeat(64))).kind()).isEqualTo(Kind.DAMAGED);
    assertThat(row("t1")).containsEntry("state", "damaged");
    Files.writeString(directory.resolve("index").resolve("t2.caibx"), "no index");
    assertThat(apply(manifest("t2", 1, "corrupt", "a".repeat(64))).kind()).isEqualTo(Kind.DAMAGED);
    apply(manifest("t3", 1, "kept", index("t3", 3)));
    apply(manifest("t4", 1, "lost later", index("t4", 4)));
    apply(manifest("t5", 1, "deleted", index("t5", 5), TEAM, LATER, null));
    apply(manifest("t6", 1, "purged", index("t6", 6), TEAM, LATER, LATER));
    for (var id : List.of("t4", "t5", "t6")) {
      indexes.remove(id);
    }
    var lost = new ArrayList<String>();
    var recovery = new TemplateRecovery(indexes, "", asked -> true);
    database.<IOException>change(
        handle -> recovery.markLost(handle, (id, name) -> lost.add(id + " " + name)));
    assertThat(lost).containsExactly("t4 lost later", "t5 deleted");
    assertThat(row("t4")).containsEntry("state", "damaged");
    assertThat(Objects.toString(row("t4").get("damage"))).contains("t4.caibx is missing");
    // It could be undeleted.
    assertThat(row("t5")).containsEntry("state", "damaged");
    assertThat(row("t6")).containsEntry("damage", null);
    assertThat(row("t3")).containsEntry("state", "available").containsEntry("damage", null);
  }

  @Test
  void whatNoServerWritesIsRefused() throws Exception {
    String digest = index("t1", 1);
    var plain = manifest("t1", 1, "n", digest);
    var hostile =
        List.of(
            manifest("t1", 1, "", digest),
            manifest("t1", 1, " padded ", digest),
            manifest("t1", 1, "x".repeat(256), digest),
            manifest("t1", 1, "escape \u001b[2J", digest),
            manifest("t1", 1, "half \ud800", digest),
            manifest("t1", Long.MAX_VALUE, "n", digest),
            manifest("t1", 1, "n", digest, new Manifest.Team("team1", "a\u0000b"), null, null),
            with(plain, "r".repeat(17), CREATED),
            with(plain, "", CREATED),
            with(plain, "ny2", Instant.MAX),
            with(plain, "ny2", Instant.parse("1969-12-31T00:00:00Z")));
    for (var manifest : hostile) {
      assertThat(apply(manifest).kind()).as("%s", manifest).isEqualTo(Kind.REFUSED);
    }
    assertThat(rows()).isZero();
    assertThat(apply(plain).kind()).isEqualTo(Kind.ADDED);
  }

  private static Manifest with(Manifest manifest, String region, Instant created) {
    return new Manifest(
        manifest.templateId(),
        manifest.number(),
        manifest.state(),
        manifest.kind(),
        manifest.name(),
        manifest.team(),
        manifest.os(),
        region,
        manifest.diskBytes(),
        manifest.indexDigest(),
        null,
        null,
        false,
        false,
        false,
        created,
        null,
        null);
  }
}
