package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoreTest {
  private static final Instant NOW = Instant.parse("2026-11-29T02:30:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private ServerConfig config(String name) {
    return ServerConfig.defaults(root.resolve(name));
  }

  /** Makes a data directory with rows, and a dump in its store; answers its rows. */
  private Map<String, List<String>> dumped(ServerConfig config, String... more) throws IOException {
    config.data().create();
    Map<String, List<String>> rows;
    try (var database = Database.open(config.databaseUrl())) {
      Rows.insert(database, NOW.toEpochMilli());
      for (var sql : more) {
        database.change(handle -> handle.execute(sql));
      }
      rows = Tables.rows(database);
    }
    var _ = Backup.run(config, CLOCK);
    return rows;
  }

  private static Restore.Restored restore(ServerConfig config, @Nullable String from)
      throws IOException {
    try (var restore = Restore.prepare(config, from, CLOCK)) {
      return restore.run();
    }
  }

  private static Map<String, List<String>> rows(ServerConfig config) {
    try (var database = Database.openAsIs(config.databaseUrl())) {
      assertThat(database.isUpToDate()).isTrue();
      return Tables.rows(database);
    }
  }

  /** As a disk that is gone: nothing of the database is left. */
  private static void loseDatabase(ServerConfig config) throws IOException {
    for (var suffix : List.of("", "-wal", "-shm", "-pair")) {
      Files.deleteIfExists(Path.of(config.data().database() + suffix));
    }
  }

  private static void withoutOldEvent(Map<String, List<String>> rows) {
    rows.computeIfPresent(
        "event",
        (table, events) -> events.stream().filter(event -> !event.contains("id=old")).toList());
  }

  @Test
  void aLostDatabaseIsMadeAgainOfTheNewestDump() throws Exception {
    var config = config("data");
    var before = dumped(config);
    loseDatabase(config);
    var restored = restore(config, null);
    withoutOldEvent(before);
    assertThat(rows(config)).isEqualTo(before);
    assertThat(restored.rows()).containsEntry("template", 3L).containsEntry("team", 3L);
    assertThat(restored.settled().events()).isZero();
    // What is inserted afterwards goes on counting, and names are found again.
    try (var database = Database.open(config.databaseUrl())) {
      database.change(
          handle ->
              handle.execute(Rows.template("t9", "'team1'", "'available'", "NULL", "NULL", 5)));
      assertThat(
              database.<Long, RuntimeException>read(
                  handle ->
                      handle
                          .createQuery("SELECT number FROM template WHERE id = 't9'")
                          .mapTo(Long.class)
                          .one()))
          .isEqualTo(4);
    }
  }

  /** As after a kill while the tables were made, each change in a transaction of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "12", "40", "64"})
  void aDatabaseWhoseTablesAreNotAllMadeIsEmpty(String schema) throws Exception {
    var config = config("data");
    var before = dumped(config);
    loseDatabase(config);
    Database.openAt(config.databaseUrl(), config.node(), schema).close();
    var options = new StoreRecovery.Options(null, false, Set.of(), false);
    try (var recovery = StoreRecovery.prepare(config, options, CLOCK)) {
      assertThat(recovery.base()).contains("is empty: first it gets the rows of");
    }
    var _ = restore(config, null);
    withoutOldEvent(before);
    assertThat(rows(config)).isEqualTo(before);
  }

  @Test
  void aDatabaseOfAnOlderVersionIsNotRecoveredAsIfItWereToday() throws Exception {
    var config = config("data");
    config.data().create();
    try (var database = Database.openAt(config.databaseUrl(), config.node(), "64")) {
      database.change(
          handle ->
              handle.execute("INSERT INTO team (id, name, dt_created) VALUES ('te1', 'one', 1)"));
    }
    var options = new StoreRecovery.Options(null, false, Set.of(), false);
    assertThatThrownBy(() -> StoreRecovery.prepare(config, options, CLOCK))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has the schema of an older version")
        .hasMessageContaining("move this one away first")
        .hasMessageContaining("start the server once");
  }

  @Test
  void whatANodeOfPostgresHadIsTheOnlyNodesOnSqlite() throws Exception {
    var config = config("data");
    var before =
        dumped(
            config,
            "UPDATE machine SET node = 'n1'",
            "UPDATE private_network SET node = 'n1'",
            "UPDATE public_ip SET node = 'n1'",
            "UPDATE event SET node = 'n1'",
            "UPDATE template SET store = 'n1'",
            "UPDATE setting SET name = 'store@n1' WHERE name = 'store'");
    assertThat(before.toString()).contains("node=n1", "store=n1", "name=store@n1|value=ours");
    loseDatabase(config);
    var _ = restore(config, null);
    assertThat(rows(config).toString())
        .doesNotContain("node=n1", "store=n1", "@n1")
        .contains("name=store|value=ours");
  }

  @Test
  void whichOfSeveralNodesIsHereIsNotGuessed() throws Exception {
    var config = config("data");
    var _ =
        dumped(
            config,
            "UPDATE setting SET name = 'store@n1' WHERE name = 'store'",
            "INSERT INTO setting (name, value) VALUES ('store@n2', 'theirs')");
    loseDatabase(config);
    var _ = restore(config, null);
    assertThat(rows(config).toString()).contains("name=store@n1|value=ours", "name=store@n2");
  }

  @Test
  void aDumpIsRestoredIntoAnotherDataDirectoryByItsPath() throws Exception {
    var source = config("data");
    var before = dumped(source);
    withoutOldEvent(before);
    Path dump = Path.of(Backup.run(source, CLOCK).place());
    var target = config("other");
    assertThatThrownBy(() -> restore(target, null))
        .hasMessageContaining("there is no dump in", "--from");
    assertThatThrownBy(() -> restore(target, "/nowhere/x")).hasMessageContaining("/nowhere/x");
    restore(target, dump.toString());
    assertThat(rows(target)).isEqualTo(before);
    // By the name that it has in the store, too.
    loseDatabase(source);
    restore(source, "metadata-20261129T023000000Z");
    assertThat(rows(source)).isEqualTo(before);
  }

  @Test
  void nothingIsRestoredOverWhatIsThere() throws Exception {
    var config = config("data");
    var before = dumped(config);
    assertThatThrownBy(() -> restore(config, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not empty")
        .hasMessageContaining("2 rows of team")
        .hasMessageContaining("move platen.db");
    assertThat(rows(config)).isEqualTo(before);
    loseDatabase(config);
    restore(config, null);
    assertThatThrownBy(() -> restore(config, null)).hasMessageContaining("is not empty");
  }

  @Test
  void aDumpThatWasCutOffRestoresNothing() throws Exception {
    var config = config("data");
    dumped(config);
    Path dump = Path.of(Backup.run(config, CLOCK).place());
    loseDatabase(config);
    byte[] whole = Files.readAllBytes(dump);
    Files.write(dump, Arrays.copyOf(whole, whole.length - 20));
    assertThatThrownBy(() -> restore(config, null))
        .isInstanceOf(DumpInvalid.class)
        .hasMessageContaining(dump.toString());
    assertThat(config.data().database()).doesNotExist();
  }

  @Test
  void whatWasUnderWayEndsWithAnErrorAndItsFilesAreLeftAlone() throws Exception {
    var config = config("data");
    Files.createDirectories(config.data().machine("launched"));
    Files.createFile(config.data().machineLaunched("launched"));
    dumped(
        config,
        Rows.template("capturing", "'team1'", "'capturing'", "NULL", "NULL", 1),
        Rows.event("e2", "template-create", "m1", "capturing", "in progress", 1, "NULL"),
        Rows.machine("launching", "provisioning", 1),
        Rows.event("e3", "create", "launching", "t1", "in progress", 1, "NULL"),
        Rows.machine("launched", "provisioning", 1),
        Rows.event("e4", "create", "launched", "t1", "in progress", 1, "NULL"),
        Rows.machine("stopping", "stopping", 1),
        Rows.event("e5", "stop", "stopping", "t1", "new", 1, "NULL"),
        "INSERT INTO public_ip (id, team_id, region, launch_id, dt_created) VALUES ('192.0.2.9', 'team1', 'ny2', 'launching', 5)");
    loseDatabase(config);
    var settled = restore(config, null).settled();
    assertThat(settled.events()).isEqualTo(4);
    assertThat(settled.templates()).containsExactly("capturing");
    assertThat(settled.machines()).containsExactly("launching");
    var rows = rows(config);
    assertThat(rows.get("template")).noneMatch(row -> row.contains("id=capturing"));
    assertThat(rows.get("machine"))
        .hasSize(3)
        .allMatch(row -> row.contains("state=off") && row.contains("dt_deleted=null"));
    assertThat(rows.get("public_ip")).hasSize(1);
    assertThat(rows.get("event"))
        .filteredOn(row -> row.contains("state=error"))
        .hasSize(4)
        .allMatch(
            row ->
                row.contains(
                    "error=The database was restored from a dump of 2026-11-29T02:30:00Z"));
    // A name that is left out, or deleted, is not found either.
    try (var database = Database.open(config.databaseUrl())) {
      assertThat(
              database.<Integer, RuntimeException>read(
                  handle ->
                      handle
                          .createQuery(
                              "SELECT COUNT(*) FROM template_search s LEFT JOIN template t ON t.number = s.rowid WHERE t.id IS NULL OR t.dt_deleted IS NOT NULL")
                          .mapTo(Integer.class)
                          .one()))
          .isZero();
    }
  }

  @Test
  void aDumpOfAnOlderSchemaIsBroughtUpToDate() throws Exception {
    var config = config("data");
    config.data().create();
    try (var database = Database.openAt(config.databaseUrl(), config.node(), "7")) {
      // Version 8 says of adopted raw disks how long they are.
      database.change(
          handle -> {
            handle.execute("INSERT INTO team (id, name, dt_created) VALUES ('team1', 'one', 1)");
            handle.execute(Rows.machine("m1", "off", 1));
            handle.execute("UPDATE machine SET disk_format = 'raw', disk_path = '/x'");
          });
    }
    var made = Backup.run(config, CLOCK);
    assertThat(made.summary().header().schema()).isEqualTo("7");
    loseDatabase(config);
    restore(config, null);
    assertThat(rows(config).get("machine"))
        .singleElement()
        .asString()
        .contains("disk_file_bytes=50");
  }

  @Test
  void aDumpOfANewerVersionIsRefused() throws Exception {
    var config = config("data");
    dumped(config);
    Path dump = Path.of(Backup.run(config, CLOCK).place());
    loseDatabase(config);
    String lines;
    try (var in = new ZstdInputStream(Files.newInputStream(dump))) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    var text = new StringBuilder(lines.replaceFirst("\"schema\":\"\\d+\"", "\"schema\":\"9999\""));
    int end = text.lastIndexOf("\n", text.length() - 2) + 1;
    var digest = Sha256.make();
    digest.update(text.substring(0, end).getBytes(StandardCharsets.UTF_8));
    String last =
        text.substring(end)
            .replaceFirst(
                "\"sha256\":\"[0-9a-f]+\"",
                "\"sha256\":\"%s\"".formatted(HexFormat.of().formatHex(digest.digest())));
    try (var out = new ZstdOutputStream(Files.newOutputStream(dump))) {
      out.write((text.substring(0, end) + last).getBytes(StandardCharsets.UTF_8));
    }
    assertThatThrownBy(() -> restore(config, null))
        .hasMessageContaining("is of a newer version of Platen: its schema 9999");
    assertThat(config.data().database()).doesNotExist();
  }
}
