package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.linux.OwnerOnly;
import io.platen.machine.MachineBases;
import io.platen.node.DataLock;
import io.platen.node.DirectoryFile;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.upkeep.StoreAttachment;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the database of a store again, of its newest dump and of the manifests that are younger,
 * and gives the store to it. Of a database that is there, an older one that was put back for
 * example, it only follows the manifests. Nothing else may work on the data directory until this is
 * closed.
 */
public final class StoreRecovery implements AutoCloseable {
  private final ServerConfig config;
  private final Options options;
  private final InstantSource clock;
  private final DataLock lock;
  private final Site site;

  /** Null where the database is there, and where there is no dump. */
  private final Dumps.@Nullable Whole dump;

  private final boolean isEmpty;

  private StoreRecovery(
      ServerConfig config,
      Options options,
      InstantSource clock,
      DataLock lock,
      Dumps.@Nullable Whole dump,
      boolean isEmpty)
      throws IOException {
    this.config = config;
    this.options = options;
    this.clock = clock;
    this.lock = lock;
    this.site = Site.of(config);
    this.dump = dump;
    this.isEmpty = isEmpty;
  }

  /**
   * What the operator says.
   *
   * @param from a dump's path, or its name in the store; null for the newest one there
   * @param withoutDump to begin with an empty database, whether there is a dump or not
   * @param teams names or ids of teams that no dump confirms
   * @param osTemplates whether also OS templates are taken on that no dump confirms
   */
  public record Options(
      @Nullable String from, boolean withoutDump, Set<String> teams, boolean osTemplates) {
    public Options {
      teams = Set.copyOf(teams);
    }
  }

  /**
   * Looks whether it can be done, and changes nothing.
   *
   * @throws IOException where the dump is not whole, the store is not that of the database, or a
   *     server runs on the data directory
   */
  public static StoreRecovery prepare(ServerConfig config, Options options, InstantSource clock)
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
      boolean isEmpty = EmptyDatabase.held(config).isEmpty();
      if (!isEmpty) {
        requireOwn(config, options, clock);
      }
      var dump = isEmpty && !options.withoutDump() ? dump(config, options, clock) : null;
      return new StoreRecovery(config, options, clock, lock, dump, isEmpty);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** A new database that a server made beside the store must not be taken for an older one. */
  private static void requireOwn(ServerConfig config, Options options, InstantSource clock)
      throws IOException {
    if (options.from() != null) {
      throw new IOException(
          "%s is not empty, so no dump is restored; without --from it follows the manifests"
              .formatted(config.shownDatabase()));
    }
    try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
      if (!database.isUpToDate()) {
        throw new IOException(
            "%s has the schema of an older version. If a recovery made it that was cut short, move this one away first (platen.db, with platen.db-wal and platen.db-shm where they are there). Otherwise start the server once, which brings it up to date, end it, and run this again"
                .formatted(config.shownDatabase()));
      }
      var site = Site.of(config, database);
      var identity = new StoreIdentity(site, database, config.shownDatabase(), clock);
      var match = new StoreMatch(site, config.shownDatabase(), database, identity);
      // An older copy of this database follows what the store tells since.
      if (match.isForeign() && !identity.isOfAnotherTime()) {
        throw new IOException(
            "%s. To make the database again of the store, move this one away first (platen.db, with platen.db-wal and platen.db-shm where they are there)"
                .formatted(
                    identity
                        .mismatch()
                        .orElse(
                            "%s was made beside the store in %s, and knows nothing of it"
                                .formatted(config.shownDatabase(), site.place()))));
      }
    }
  }

  private static Dumps.@Nullable Whole dump(
      ServerConfig config, Options options, InstantSource clock) throws IOException {
    var dumps = new Dumps(Site.of(config).dumps(), clock);
    String from = options.from();
    if (from == null && dumps.names().isEmpty()) {
      return null;
    }
    var dump = dumps.whole(from);
    EmptyDatabase.requireSchema(config, dump.file().place(), dump.summary().header().schema());
    return dump;
  }

  /** What the rows are made of first, in words. */
  public String base() {
    if (!isEmpty) {
      return "%s stays as it is, and follows the manifests that are younger"
          .formatted(config.shownDatabase());
    }
    if (dump == null) {
      return "%s is empty, and there is no dump: all is taken from the manifests"
          .formatted(config.shownDatabase());
    }
    return "%s is empty: first it gets the rows of %s, the dump of %s, made %s"
        .formatted(
            config.shownDatabase(),
            dump.file().place(),
            dump.summary().header().database(),
            dump.summary().header().made());
  }

  /** What it would do; nothing is changed. */
  public Recovered plan() throws IOException {
    if (!isEmpty) {
      try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
        var undone = new Undone();
        try {
          return database.transaction(
              handle -> {
                undone.found = reconciliation().run(handle);
                throw undone;
              });
        } catch (Undone e) {
          return new Recovered(null, e.require());
        }
      }
    }
    // The same is done to a database of its own, which is thrown away.
    Path directory = config.data().run().resolve("recover");
    OwnerOnly.deleteTree(directory);
    var _ = OwnerOnly.createDirectory(directory);
    try {
      return fill(Database.sqliteUrl(directory.resolve("platen.db")));
    } finally {
      OwnerOnly.deleteTree(directory);
    }
  }

  /** Ends a transaction that was only to see what it would do. */
  private static final class Undone extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private transient @Nullable Findings found;

    Findings require() {
      if (found == null) {
        throw new IllegalStateException("nothing was found");
      }
      return found;
    }
  }

  /**
   * What came of it, or would.
   *
   * @param settled what was under way when the dump was made; null where none was restored
   */
  public record Recovered(Unfinished.@Nullable Settled settled, Findings found) {}

  /** Does it, and gives the store to the database. */
  public Recovered run() throws IOException {
    var recovered = isEmpty ? fill(config.databaseUrl()) : follow();
    try (var database = Database.open(config.databaseUrl(), config.node())) {
      // A chunk that moved on since the dump would count as missing.
      Site.of(config, database).followStore();
      var identity = new StoreIdentity(site, database, config.shownDatabase(), clock);
      var _ = new StoreAttachment(site, database, identity).attach();
    }
    return recovered;
  }

  private Recovered follow() throws IOException {
    try (var database = Database.open(config.databaseUrl(), config.node())) {
      return new Recovered(null, reconciled(database));
    }
  }

  private Findings reconciled(Database database) throws IOException {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return database.<Findings, IOException>transaction(
        handle -> {
          var _ = MachineBases.follow(handle, config.data(), database.node(), now);
          return reconciliation().run(handle);
        });
  }

  private Recovered fill(String url) throws IOException {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Unfinished.@Nullable Settled settled = null;
    if (dump != null) {
      try (var database = Database.openAt(url, config.node(), dump.summary().header().schema())) {
        settled =
            database.<Unfinished.Settled, IOException>transaction(
                handle -> {
                  DumpedRows.restore(handle, database.dialect(), dump.file(), dump.summary());
                  return Unfinished.settle(handle, config.data(), dump.summary().header(), now);
                });
      }
    }
    try (var database = Database.open(url, config.node())) {
      if (dump != null) {
        database.change(handle -> Restore.settleNode(handle, config, site.name()));
      }
      return new Recovered(settled, reconciled(database));
    }
  }

  private Reconciliation reconciliation() {
    return new Reconciliation(
        site, site.name(), options, clock.instant().truncatedTo(ChronoUnit.MILLIS));
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
