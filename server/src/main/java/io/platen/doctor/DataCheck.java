package io.platen.doctor;

import io.platen.backup.Dumps;
import io.platen.backup.NightlyBackup;
import io.platen.config.S3Config;
import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Database;
import io.platen.database.Outage;
import io.platen.database.Relocation;
import io.platen.node.DirectoryFile;
import io.platen.node.Nodes;
import io.platen.site.AgreedStores;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Looks whether the database and the store of a data directory belong together. */
public final class DataCheck {
  private static final String DATABASE = "database";
  private static final String STORE = "store";

  private static final String BACKUP = "backup";
  private static final String BUCKET = "bucket";

  private final ServerConfig config;
  private final InstantSource clock;
  private final List<Diagnosis> found = new ArrayList<>();

  private DataCheck(ServerConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  /** Looks at both; changes nothing. */
  public static List<Diagnosis> run(ServerConfig config) throws IOException {
    return run(config, InstantSource.system());
  }

  static List<Diagnosis> run(ServerConfig config, InstantSource clock) throws IOException {
    var check = new DataCheck(config, clock);
    check.all();
    return List.copyOf(check.found);
  }

  private void all() throws IOException {
    buckets();
    found.addAll(RegionCheck.run(config));
    data();
  }

  private void data() throws IOException {
    try {
      new DirectoryFile(config).checkDatabase();
    } catch (IOException e) {
      missing(DATABASE, String.valueOf(e.getMessage()), "");
      return;
    }
    if (config.hasOwnDatabase() && Files.notExists(config.data().database())) {
      withoutDatabase();
      return;
    }
    try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
      if (database.isUpToDate()) {
        try {
          Relocation.check(database, config.shownDatabase());
        } catch (IOException e) {
          missing(
              DATABASE, String.valueOf(e.getMessage()), "pass that configuration with --config");
          return;
        }
        claim(database);
        nodes(database);
        var site = Site.of(config, database);
        store(site, database);
        dumps(site, database);
        found.add(NoticeCheck.run(config, database, clock));
      } else {
        ok(DATABASE, config.shownDatabase() + ", brought up to date by the next start");
      }
    } catch (RuntimeException e) {
      // Whatever it is, the rest of the host is checked too.
      missing(DATABASE, config.shownDatabase() + ": " + Outage.words(e), "see that it can be used");
    }
  }

  private void withoutDatabase() throws IOException {
    if (!Site.of(config).chunks().isEmpty()) {
      missing(
          DATABASE,
          config.data().database() + " is not there, and the store is not empty",
          "put the database back, or a backup of it; or make it again: platen store recover");
      return;
    }
    ok(DATABASE, config.data().database() + " is made by the first start");
  }

  /** All that the configuration names: of those of other regions, templates are copied. */
  private void buckets() throws IOException {
    var buckets = config.stores().buckets().values();
    for (var bucket : buckets.stream().sorted(Comparator.comparing(S3Config::name)).toList()) {
      String name = buckets.size() == 1 ? "" : bucket.name() + ": ";
      for (var finding : Site.check(bucket, config, clock)) {
        String words = name + finding.what() + ": " + finding.detail();
        if (finding.good()) {
          ok(BUCKET, words);
        } else {
          missing(BUCKET, words, "see docs/fleet.md");
        }
      }
    }
  }

  private void claim(Database database) throws IOException {
    var row = database.read(handle -> ClaimRow.find(handle, database.dialect(), database.node()));
    if (row.isPresent() && new DirectoryFile(config).isOthers(row.get())) {
      missing(
          DATABASE,
          "%s belongs to %s".formatted(config.shownDatabase(), row.get().words()),
          "a database of its own for %s; or, when the other one was stopped for good, platen serve --take-over"
              .formatted(config.data().root()));
    } else {
      ok(DATABASE, config.shownDatabase());
    }
  }

  private void nodes(Database database) {
    var nodes = new Nodes(database);
    if (nodes.areSeveral()) {
      for (var objection :
          AgreedStores.objections(config.stores(), database.node(), database.read(nodes::list))) {
        missing("nodes", objection, "give all nodes the same \"stores\" and \"regions\"");
      }
    }
  }

  private void store(Site site, Database database) throws IOException {
    try {
      var identity =
          new StoreIdentity(site, database, config.shownDatabase(), InstantSource.system());
      var mismatch = identity.mismatch();
      var objection = new StoreMatch(site, config.shownDatabase(), database, identity).objection();
      if (mismatch.isPresent()) {
        missing(STORE, "nothing is captured, and nothing removed: " + mismatch.get(), "");
      } else if (objection.isPresent()) {
        missing(STORE, "collections remove nothing: " + objection.get(), "");
      } else {
        ok(STORE, site.chunks().place());
        RoomCheck.run(config, site, database).ifPresent(found::add);
        DamageCheck.run(config, site, database).ifPresent(found::add);
      }
    } catch (IOException e) {
      missing(
          STORE,
          "can't be read: " + e.getMessage(),
          "see that it is mounted, and that this user may read it");
    }
  }

  private void dumps(Site site, Database database) {
    try {
      var newest = new Dumps(site.dumps(), clock).newest();
      var since = newest.isPresent() ? newest : NightlyBackup.begin(database);
      long hours = since.map(at -> Duration.between(at, clock.instant()).toHours()).orElse(0L);
      if (hours < Dumps.OLD.toHours()) {
        ok(BACKUP, newest.map(at -> "the last dump is of " + at).orElse("none is due yet"));
      } else {
        found.add(
            new Diagnosis(
                Diagnosis.Kind.OPTIONAL,
                BACKUP,
                newest
                    .map(
                        at ->
                            "the last dump of the database, of %s, is %d days old"
                                .formatted(at, hours / 24))
                    .orElse("there is no dump of the database in " + site.dumps().place()),
                "platen backup; the server's log says why it makes none by itself at upkeep.backupTime"));
      }
    } catch (IOException e) {
      found.add(
          new Diagnosis(
              Diagnosis.Kind.OPTIONAL,
              BACKUP,
              "the dumps of the database can't be looked at: " + e.getMessage(),
              "see that this user may read " + site.dumps().place()));
    }
  }

  private void ok(String what, String detail) {
    found.add(new Diagnosis(Diagnosis.Kind.OK, what, detail, ""));
  }

  private void missing(String what, String detail, String remedy) {
    found.add(new Diagnosis(Diagnosis.Kind.MISSING, what, detail, remedy));
  }
}
