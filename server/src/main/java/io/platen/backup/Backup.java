package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Database;
import io.platen.database.Relocation;
import io.platen.node.DirectoryFile;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.time.InstantSource;

/** Dumps the database of a data directory now, beside a server or without one. */
public final class Backup {
  private Backup() {}

  /**
   * Makes a dump. The database is only read: it is neither made nor brought up to date.
   *
   * @throws IOException where there is no database, or it is another data directory's
   */
  public static Dumps.Made run(ServerConfig config, InstantSource clock) throws IOException {
    var directory = new DirectoryFile(config);
    directory.requireDatabase();
    config.data().create();
    try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
      var site = Site.of(config, database);
      if (database.schemaVersion().isEmpty()) {
        throw new IOException(config.shownDatabase() + " holds nothing of Platen's yet");
      }
      Relocation.check(database, config.shownDatabase());
      var holder = ClaimRow.find(database);
      if (holder.isPresent() && directory.isOthers(holder.get())) {
        throw new IOException(
            "%s belongs to %s: run this there"
                .formatted(config.shownDatabase(), holder.get().words()));
      }
      var identity =
          new StoreIdentity(site, database, config.shownDatabase(), InstantSource.system());
      var match = new StoreMatch(site, config.shownDatabase(), database, identity);
      return new Dumps(site.dumps(), clock)
          .make(new DumpSource(database, config.shownDatabase(), match));
    }
  }
}
