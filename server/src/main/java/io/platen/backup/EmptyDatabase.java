package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Database;
import io.platen.node.DirectoryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Sees to it that a restore overwrites nothing. */
final class EmptyDatabase {
  private EmptyDatabase() {}

  /**
   * Refuses a database that holds anything. One that is missing is as good as an empty one.
   *
   * @throws IOException which says what it holds, and what to do
   */
  static void require(ServerConfig config) throws IOException {
    String held = held(config);
    if (!held.isEmpty()) {
      throw new IOException(
          "%s is not empty, and nothing is restored over what is there: it holds %s. %s"
              .formatted(
                  config.shownDatabase(),
                  held,
                  config.hasOwnDatabase()
                      ? "If that is not wanted, move platen.db, with platen.db-wal and platen.db-shm where they are there, out of "
                          + config.data().root()
                      : "Name another database in the configuration, or make this one anew"));
    }
  }

  /**
   * What a database holds, in words; empty where that is nothing.
   *
   * @throws IOException where it is another data directory's
   */
  static String held(ServerConfig config) throws IOException {
    if (isMissing(config)) {
      return "";
    }
    try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
      if (database.schemaVersion().isEmpty()) {
        return "";
      }
      var holder = ClaimRow.find(database);
      if (holder.isPresent() && new DirectoryFile(config).isOthers(holder.get())) {
        throw new IOException(
            "%s belongs to %s: name a database of its own for %s"
                .formatted(config.shownDatabase(), holder.get().words(), config.data().root()));
      }
      return database.read(EmptyDatabase::held);
    }
  }

  private static boolean isMissing(ServerConfig config) {
    return config.hasOwnDatabase() && Files.notExists(config.data().database());
  }

  /**
   * What a database holds, in words; empty where that is nothing. It may have the tables of an
   * older version, or some of them, where their making was cut short.
   */
  static String held(Handle handle) {
    var held = new ArrayList<String>();
    var there = tables(handle);
    for (var table :
        DumpedTables.names()
            .filter(name -> !name.equals("setting") && there.contains(name))
            .toList()) {
      // The owner of what belongs to everyone is there from the beginning.
      String others = table.equals("team") ? " WHERE id <> ''" : "";
      long rows =
          handle.createQuery("SELECT COUNT(*) FROM " + table + others).mapTo(Long.class).one();
      if (rows > 0) {
        held.add("%d rows of %s".formatted(rows, table));
      }
    }
    return String.join(", ", held);
  }

  private static Set<String> tables(Handle handle) {
    return handle
        .queryMetadata(
            of ->
                of.getTables(
                    null, handle.getConnection().getSchema(), null, new String[] {"TABLE"}))
        .map((row, context) -> row.getString("TABLE_NAME"))
        .collectIntoSet();
  }

  /**
   * Refuses a dump whose rows the database can't take.
   *
   * @param place of the dump
   */
  static void requireSchema(ServerConfig config, String place, String schema) throws IOException {
    if (!Database.knowsSchema(schema)) {
      throw new IOException(
          "%s is of a newer version of Platen: its schema %s is not known here. Restore it with that version"
              .formatted(place, schema));
    }
    if (isMissing(config)) {
      return;
    }
    try (var database = Database.openAsIs(config.databaseUrl())) {
      if (database.isSchemaAfter(schema)) {
        throw new IOException(
            "%s is empty, and its schema is newer than that of %s, which is %s. Make it anew, without tables: the restore makes those of then, and brings them up to date"
                .formatted(config.shownDatabase(), place, schema));
      }
    }
  }
}
