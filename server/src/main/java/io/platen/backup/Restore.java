package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Database;
import io.platen.database.Dialect;
import io.platen.node.DataLock;
import io.platen.node.DirectoryFile;
import io.platen.site.Site;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Makes an empty database of a dump. Nothing else may work on the data directory until it is
 * closed.
 */
public final class Restore implements AutoCloseable {
  private final ServerConfig config;
  private final InstantSource clock;
  private final DataLock lock;
  private final DumpFile dump;
  private final DumpSummary summary;

  private Restore(
      ServerConfig config, InstantSource clock, DataLock lock, DumpFile dump, DumpSummary summary) {
    this.config = config;
    this.clock = clock;
    this.lock = lock;
    this.dump = dump;
    this.summary = summary;
  }

  /**
   * What came of it.
   *
   * @param rows of each table that the dump holds
   */
  public record Restored(Map<String, Long> rows, Unfinished.Settled settled) {}

  /**
   * Looks whether it can be done, and changes nothing.
   *
   * @param from a file, or the name of a dump in the store; null for the newest one there
   * @throws IOException where the dump is not whole, the database is not empty, or a server runs on
   *     the data directory
   */
  public static Restore prepare(ServerConfig config, @Nullable String from, InstantSource clock)
      throws IOException {
    config.data().create();
    new DirectoryFile(config).checkDatabase();
    var lock =
        DataLock.tryAcquire(config.data())
            .orElseThrow(
                () ->
                    new IOException(
                        "a server, or another command, works on %s: end it first"
                            .formatted(config.data().root())));
    try {
      EmptyDatabase.require(config);
      var dump = new Dumps(Site.of(config).dumps(), clock).whole(from);
      var summary = dump.summary();
      EmptyDatabase.requireSchema(config, dump.file().place(), summary.header().schema());
      return new Restore(config, clock, lock, dump.file(), summary);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Where the dump is. */
  public String place() {
    return dump.place();
  }

  /** What is in it. */
  public DumpSummary dump() {
    return summary;
  }

  /**
   * Does it, in one transaction.
   *
   * @throws IOException where that can't be; the database is as empty as before then
   */
  public Restored run() throws IOException {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    try (var database =
        Database.openAt(config.databaseUrl(), config.node(), summary.header().schema())) {
      var settled =
          database.<Unfinished.Settled, IOException>transaction(
              handle -> {
                DumpedRows.restore(handle, database.dialect(), dump, summary);
                return Unfinished.settle(handle, config.data(), summary.header(), now);
              });
      database.migrate();
      database.change(handle -> settleNode(handle, config, Site.nameOf(config, database)));
      return new Restored(count(database), settled);
    }
  }

  /**
   * Has the rows of a dump be of this node, and name its store, as its database does: what a dump
   * of SQLite has is of no node, and on PostgreSQL of the one that restores it.
   *
   * @param config names the database that the rows are for, or are tried for
   * @param store the name of the store that is here
   */
  static void settleNode(Handle handle, ServerConfig config, String store) {
    if (Dialect.of(config.databaseUrl()) == Dialect.SQLITE) {
      ofOneNode(handle, store);
    } else {
      ClaimRow.adoptRows(handle, config.node());
    }
  }

  /**
   * SQLite has one node, without a name, and one store, whatever they were called that the dump is
   * of.
   */
  private static void ofOneNode(Handle handle, String store) {
    for (var table : List.of("machine", "event", "private_network", "public_ip")) {
      handle.execute("UPDATE " + table + " SET node = '' WHERE node <> ''");
    }
    handle.execute("DELETE FROM template_copy WHERE store = ?", store);
    handle.execute("UPDATE template SET store = ? WHERE store <> ?", store, store);
    for (var setting : List.of("store", "store-id")) {
      var names =
          handle
              .createQuery("SELECT name FROM setting WHERE name = :name OR name LIKE :ofNodes")
              .bind("name", setting)
              .bind("ofNodes", setting + "@%")
              .mapTo(String.class)
              .list();
      // Where several nodes had one each, which of them is here is not known.
      if (names.size() == 1) {
        handle.execute(
            "UPDATE setting SET name = ? WHERE name = ?",
            store.isEmpty() ? setting : setting + "@" + store,
            names.getFirst());
      }
    }
  }

  private Map<String, Long> count(Database database) {
    var counted = new LinkedHashMap<String, Long>();
    for (var table : summary.rows().keySet()) {
      counted.put(
          table,
          database.read(
              handle ->
                  handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one()));
    }
    return counted;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
