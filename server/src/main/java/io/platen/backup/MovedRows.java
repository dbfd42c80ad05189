package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.linux.OwnerOnly;
import io.platen.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** The rows of a database, on their way into another one: by a dump, in one transaction there. */
final class MovedRows {
  /** What the target says of itself, and of its store, and not the source. */
  private static final List<String> OWN = List.of("database-id", "oldest-schema", "moving-from");

  private final ServerConfig source;
  private final Site sourceSite;
  private final ServerConfig target;
  private final Site site;
  private final InstantSource clock;

  MovedRows(
      ServerConfig source, Site sourceSite, ServerConfig target, Site site, InstantSource clock) {
    this.source = source;
    this.sourceSite = sourceSite;
    this.target = target;
    this.site = site;
    this.clock = clock;
  }

  /**
   * Refuses a database with work in its queues, which would be lost.
   *
   * @param data the data directory, for the message
   */
  static void requireNothingUnderWay(Database database, Path data) throws IOException {
    database.<Boolean, IOException>read(
        handle -> {
          requireNothingUnderWay(handle, data);
          return true;
        });
  }

  static void requireNothingUnderWay(Handle handle, Path data) throws IOException {
    var events =
        handle
            .createQuery(
                "SELECT name || ' ' || id FROM event WHERE dt_finished IS NULL ORDER BY id LIMIT 10")
            .mapTo(String.class)
            .list();
    if (!events.isEmpty()) {
      throw new IOException(
          "work is under way on %s (%s). Start its server, wait until that has ended (\"platen event list\"), and stop it"
              .formatted(data, String.join(", ", events)));
    }
  }

  /** The size of a template's disk, in bytes. */
  static long diskBytes(Handle handle, String template) {
    return handle
        .createQuery("SELECT disk_bytes FROM template WHERE id = :id")
        .bind("id", template)
        .mapTo(Long.class)
        .one();
  }

  /**
   * Writes all rows into the target, whose own ones are replaced.
   *
   * @param sessions which one of the target's store made each index that was copied
   * @return how many
   */
  long move(Database from, Database to, Map<String, Long> sessions) throws IOException {
    Path directory = source.data().run().resolve("migrate");
    OwnerOnly.deleteTree(directory);
    var _ = OwnerOnly.createDirectory(directory);
    try {
      Path file = directory.resolve("rows.jsonl.zst");
      OwnerOnly.createFile(file);
      try (var out = Files.newOutputStream(file)) {
        var _ =
            Dumps.write(
                from,
                source.shownDatabase(),
                DumpedTables.MOVED,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                out);
      }
      var dump = new DumpFile(file.toString(), () -> Files.newInputStream(file));
      var summary = dump.read(DumpReader.NOBODY);
      to.<Boolean, IOException>transaction(
          handle -> {
            write(to, handle, dump, summary);
            if (!sourceSite.place().equals(site.place())) {
              number(handle, sessions);
            }
            return true;
          });
      return summary.rows().values().stream().mapToLong(Long::longValue).sum();
    } finally {
      OwnerOnly.deleteTree(directory);
    }
  }

  private void write(Database to, Handle handle, DumpFile dump, DumpSummary summary)
      throws IOException {
    String store = site.name();
    var own = own(handle, store);
    // Of an earlier run: the rows that follow are of no node yet.
    handle.execute("DELETE FROM node_image");
    handle.execute("DELETE FROM node");
    DumpedRows.restore(handle, to.dialect(), dump, summary, DumpedTables.MOVED);
    for (var table : summary.rows().entrySet()) {
      require(handle, table.getKey(), table.getValue());
    }
    handle.execute("DELETE FROM setting WHERE name = 'database-id'");
    handle.execute("DELETE FROM setting WHERE name = ?", setting("store-id", sourceSite.name()));
    handle.execute(
        "UPDATE setting SET name = ? WHERE name = ?",
        setting("store", store),
        setting("store", sourceSite.name()));
    handle.execute("UPDATE template SET store = ?", store);
    // What was noted of chunks in the one says nothing of those in the other.
    if (sourceSite.place().equals(site.place())) {
      handle.execute("UPDATE store_chunk SET store = ?", store);
    } else {
      handle.execute("DELETE FROM store_chunk");
    }
    handle.execute("UPDATE manifest_change SET store = ?", store);
    handle.execute("DELETE FROM template_copy");
    own.forEach(
        (name, value) ->
            handle
                .createUpdate(
                    """
                    INSERT INTO setting (name, value) VALUES (:name, :value)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """)
                .bind("name", name)
                .bind("value", value)
                .execute());
  }

  /** Says which session made the index of each template. */
  private static void number(Handle handle, Map<String, Long> sessions) {
    handle.execute("UPDATE template SET index_session = NULL");
    var batch = handle.prepareBatch("UPDATE template SET index_session = :session WHERE id = :id");
    sessions.forEach((id, session) -> batch.bind("id", id).bind("session", session).add());
    var _ = batch.execute();
  }

  /** What is remembered of a store has its name behind its own. */
  private static String setting(String name, String store) {
    return store.isEmpty() ? name : name + "@" + store;
  }

  private static Map<String, String> own(Handle handle, String store) {
    var own = new LinkedHashMap<String, String>();
    handle
        .createQuery("SELECT name, value FROM setting ORDER BY name")
        .map((row, context) -> Map.entry(row.getString("name"), row.getString("value")))
        .filter(
            entry ->
                OWN.contains(entry.getKey()) || entry.getKey().equals(setting("store-id", store)))
        .forEach(entry -> own.put(entry.getKey(), entry.getValue()));
    return own;
  }

  private void require(Handle handle, String table, long rows) throws IOException {
    long count = handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one();
    if (count != rows) {
      throw new IOException(
          "%s has %d rows of %s, and should have %d"
              .formatted(target.shownDatabase(), count, table, rows));
    }
  }
}
