package io.platen.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.platen.database.Database;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DumpTest {
  private static final Instant NOW = Instant.parse("2026-11-29T02:30:00Z");
  private static final String PLACE = "x.jsonl.zst";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    Rows.insert(database, NOW.toEpochMilli());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private byte[] dump() throws Exception {
    var out = new ByteArrayOutputStream();
    var header = DumpHeader.of(database.schemaVersion().orElseThrow(), NOW, "jdbc:sqlite:x.db");
    database.<DumpSummary, Exception>snapshot(
        handle -> DumpWriter.write(handle.getConnection(), header, out));
    return out.toByteArray();
  }

  private static byte[] compressed(byte[] lines) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zstd = new ZstdOutputStream(out).setChecksum(true)) {
      zstd.write(lines);
    }
    return out.toByteArray();
  }

  private static DumpSummary read(byte[] compressed) throws IOException {
    return DumpReader.read(PLACE, new ByteArrayInputStream(compressed), DumpReader.NOBODY);
  }

  private static List<String> lines(byte[] dump) {
    return List.of(new String(dump, StandardCharsets.UTF_8).split("\n"));
  }

  private static byte[] bytes(List<String> lines) {
    return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Without this, a table that somebody adds would be lost with the database. */
  @Test
  void everyTableIsDumpedOrLeftOutOnPurpose() {
    var tables =
        new HashSet<>(
            database.read(
                handle ->
                    handle
                        .createQuery(
                            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'template_search%' AND name <> 'flyway_schema_history'")
                        .mapTo(String.class)
                        .list()));
    var decided = new HashSet<>(DumpedTables.LEFT_OUT);
    DumpedTables.names().forEach(decided::add);
    assertThat(decided)
        .as("DumpedTables says of each table whether a dump holds it")
        .isEqualTo(tables);
  }

  @Test
  void eachTableHasALineWithItsColumnsAndOneForEachRow() throws Exception {
    var json = new JsonMapper();
    var lines = lines(dump());
    var header = json.readTree(lines.getFirst());
    assertThat(header.path("format").asText()).isEqualTo("platen-metadata");
    assertThat(header.path("made").asText()).isEqualTo("2026-11-29T02:30:00Z");
    int keys = indexOf(lines, "{\"table\":\"api_key\"");
    assertThat(json.readTree(lines.get(keys)).path("columns"))
        .hasToString(
            "[\"id\",\"team_id\",\"name\",\"hash\",\"read_only\",\"dt_created\",\"dt_revoked\"]");
    assertThat(lines.get(keys + 1))
        .isEqualTo(
            "[\"k1\",\"team1\",\"\",\"%s\",1,%d,null]"
                .formatted("a".repeat(64), NOW.toEpochMilli()));
    assertThat(json.readTree(lines.getLast()).path("rows").path("template").asInt()).isEqualTo(3);
  }

  private static int indexOf(List<String> lines, String start) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(start)) {
        return i;
      }
    }
    throw new AssertionError(start);
  }

  @Test
  void noSecretIsInIt() throws Exception {
    database.change(
        handle ->
            handle.execute("INSERT INTO setting (name, value) VALUES ('cursor-secret', 'c2Vj')"));
    assertThat(new String(dump(), StandardCharsets.UTF_8))
        .doesNotContain("cursor-secret", "c2Vj")
        .contains("[\"store\",\"ours\"]");
  }

  @Test
  void eventsOfTheLast30DaysAndOpenOnesAreKept() throws Exception {
    long long_ago = NOW.toEpochMilli() - 90 * Rows.DAY;
    database.change(handle -> handle.execute(Rows.event("open", "in progress", long_ago, "NULL")));
    var lines = lines(dump());
    assertThat(lines).anyMatch(line -> line.startsWith("[\"e1\""));
    assertThat(lines).anyMatch(line -> line.startsWith("[\"open\""));
    assertThat(lines).noneMatch(line -> line.startsWith("[\"old\""));
  }

  @Test
  void aDumpShowsOneMomentHoweverLongItTakes() throws Exception {
    var header = DumpHeader.of("1", NOW, "x");
    var summary =
        database.<DumpSummary, Exception>snapshot(
            handle -> {
              try (var first =
                  handle.getConnection().prepareStatement("SELECT COUNT(*) FROM team")) {
                first.executeQuery().close();
              }
              // Beside it, others write without waiting.
              database.change(
                  write ->
                      write.execute(
                          "INSERT INTO team (id, name, dt_created) VALUES ('later', 'later', 1)"));
              return DumpWriter.write(handle.getConnection(), header, new ByteArrayOutputStream());
            });
    assertThat(summary.rows()).containsEntry("team", 3L);
    assertThat(lines(dump())).anyMatch(line -> line.startsWith("[\"later\""));
  }

  @Test
  void aDumpIsReadAsItWasWritten() throws Exception {
    byte[] dump = dump();
    var read = read(compressed(dump));
    assertThat(read.header().time()).isEqualTo(NOW);
    assertThat(read.rows())
        .containsEntry("setting", 2L)
        .containsEntry("team", 3L)
        .containsEntry("event", 1L)
        .containsOnlyKeys(DumpedTables.names().toList());
  }

  @Test
  void aDumpThatIsCutOffAnywhereIsKnown() throws Exception {
    byte[] dump = dump();
    byte[] whole = compressed(dump);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(DumpInvalid.class)
          .hasMessageContaining(PLACE);
    }
    // Also where the compression was ended in order.
    var lines = lines(dump);
    for (int count = 1; count < lines.size(); count++) {
      byte[] cut = compressed(bytes(lines.subList(0, count)));
      assertThatThrownBy(() -> read(cut))
          .isInstanceOf(DumpInvalid.class)
          .hasMessageContaining("cut off");
    }
  }

  @Test
  void aDumpThatWasChangedIsKnown() throws Exception {
    var lines = lines(dump());
    int team = indexOf(lines, "[\"team2\"");
    var changed = new ArrayList<>(lines);
    changed.set(team, lines.get(team).replace("two", "too"));
    assertThatThrownBy(() -> read(compressed(bytes(changed))))
        .isInstanceOf(DumpInvalid.class)
        .hasMessageContaining("its SHA-256 is");
    changed.remove(team);
    assertThatThrownBy(() -> read(compressed(bytes(changed)))).isInstanceOf(DumpInvalid.class);
    var longer = new ArrayList<>(lines);
    longer.add(lines.get(team));
    assertThatThrownBy(() -> read(compressed(bytes(longer)))).isInstanceOf(DumpInvalid.class);
  }

  /** Whatever is in the file, it is refused as what it is. */
  @Test
  void anyBytesAreRefusedInWords() throws Exception {
    var random = new Random(7);
    byte[] dump = dump();
    for (int i = 0; i < 500; i++) {
      byte[] broken = dump.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }
      if (!Arrays.equals(broken, dump)) {
        assertThatThrownBy(() -> read(compressed(broken))).isInstanceOf(DumpInvalid.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{\"format\":\"other\"}",
        "{\"format\":\"platen-metadata\",\"version\":2,\"schema\":\"1\",\"made\":\"x\",\"database\":\"x\"}",
        "{\"format\":\"platen-metadata\",\"version\":1}",
        "{\"format\":\"platen-metadata\",\"version\":1,\"schema\":\"1\",\"made\":\"x\",\"database\":\"x\"}"
      })
  void whatIsNoDumpIsRefused(String first) {
    assertThatThrownBy(() -> read(compressed((first + "\n").getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(DumpInvalid.class);
  }

  @Test
  void theDumpIsWhatZstdAndAnyReaderOfJsonRead() throws Exception {
    try (var in = new ZstdInputStream(new ByteArrayInputStream(compressed(dump())))) {
      assertThat(lines(in.readAllBytes())).hasSizeGreaterThan(15);
    }
  }
}
