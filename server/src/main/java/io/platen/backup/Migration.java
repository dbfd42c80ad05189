package io.platen.backup;

import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Claimant;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.database.Dialect;
import io.platen.database.Relocation;
import io.platen.node.DataLock;
import io.platen.node.DirectoryFile;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.template.NeededTemplate;
import io.platen.template.TemplateRepository;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Moves a data directory from SQLite to PostgreSQL, and its templates to the store that the new
 * configuration names. Machines stay where they are: the directory is a node of the new database.
 *
 * <p>Images are copied first, which takes long and changes nothing of the source; then the rows, in
 * one transaction of the target, while nobody may write to the source; and then the source is
 * marked as moved, in that transaction of its own. A run that was killed is run again: it finds
 * what is there. Both databases refuse to be worked on where that would make two of one.
 *
 * <p>Nothing else may work on the data directory until this is closed.
 */
public final class Migration implements AutoCloseable {
  private final ServerConfig source;
  private final ServerConfig target;
  private final String config;
  private final InstantSource clock;
  private final DataLock lock;
  private final Database from;
  private final Claimant claimant;

  private Migration(
      ServerConfig source,
      ServerConfig target,
      String config,
      InstantSource clock,
      DataLock lock,
      Database from,
      Claimant claimant) {
    this.source = source;
    this.target = target;
    this.config = config;
    this.clock = clock;
    this.lock = lock;
    this.from = from;
    this.claimant = claimant;
  }

  /** Hears how far it is. */
  @FunctionalInterface
  public interface Listener {
    /** Called now and then. */
    void advanced(String phase, long done, long total);
  }

  /**
   * What came of it.
   *
   * @param target where everything is now
   * @param already whether an earlier run had done all of it
   * @param images how many are in the target's store
   * @param chunks that were copied now, of {@code bytes} in the store
   * @param damaged ids of templates of which something was lost before
   * @param rows that were written
   */
  public record Moved(
      Relocation.Target target,
      boolean already,
      int images,
      long chunks,
      long bytes,
      List<String> damaged,
      long rows) {
    public Moved {
      damaged = List.copyOf(damaged);
    }
  }

  /**
   * Looks whether it can be done, and changes nothing but that the source gets the schema of this
   * version.
   *
   * @param config the file that the target was read from, for the server that is refused later
   * @throws IOException where the source is no single host's, or a server runs on it
   */
  public static Migration prepare(
      ServerConfig source, ServerConfig target, Path config, InstantSource clock)
      throws IOException {
    requireKinds(source, target);
    if (Files.notExists(source.data().database())) {
      throw new IOException(
          "there is nothing to move: %s is not there".formatted(source.data().database()));
    }
    Database.check(source.databaseUrl());
    source.data().create();
    var storeDirectory = target.storeDirectory();
    if (storeDirectory != null) {
      storeDirectory.layout().createStore();
    }
    var lock =
        DataLock.tryAcquire(source.data())
            .orElseThrow(
                () ->
                    new IOException(
                        "a server, or another command, works on %s: end it first"
                            .formatted(source.data().root())));
    Database from = null;
    try {
      from = Database.open(source.databaseUrl(), source.node());
      var holder = ClaimRow.find(from);
      var claimant = new DirectoryFile(source).claimant(holder.map(row -> row.holder().id()));
      DatabaseClaim.check(from, claimant);
      return new Migration(
          source, target, config.toAbsolutePath().toString(), clock, lock, from, claimant);
    } catch (IOException | RuntimeException e) {
      if (from != null) {
        from.close();
      }
      lock.close();
      throw e;
    }
  }

  private static void requireKinds(ServerConfig source, ServerConfig target) throws IOException {
    if (!source.hasOwnDatabase()) {
      throw new IOException(
          "%s works with %s: what is moved is the database %s, so leave --config out"
              .formatted(source.data().root(), source.shownDatabase(), source.data().database()));
    }
    if (Dialect.of(target.databaseUrl()) != Dialect.POSTGRESQL) {
      throw new IOException(
          "the configuration to move to names no database on PostgreSQL, but %s: say \"database: jdbc:postgresql://…\" there"
              .formatted(target.shownDatabase()));
    }
    if (!source.data().equals(target.data())) {
      throw new IOException(
          "the configuration to move to names the data directory %s, and the machines are in %s, where they stay: say \"data: %s\" there"
              .formatted(target.data().root(), source.data().root(), source.data().root()));
    }
  }

  /**
   * Moves everything; where an earlier run did, says so.
   *
   * @throws IOException where something is in the way, or failed; the message says what to do. What
   *     was copied stays, and the source is as before
   */
  public Moved run(Listener listener) throws IOException, InterruptedException {
    var before = Relocation.movedTo(from);
    if (before.isEmpty()) {
      refuseOlderSchema();
    }
    try (var to = Database.open(target.databaseUrl(), target.node())) {
      var site = Site.of(target, to);
      if (before.isPresent()) {
        return finished(before.get(), to, site);
      }
      var sourceSite = Site.of(source, from);
      requireSource(sourceSite);
      boolean isSame = sourceSite.place().equals(site.place());
      begin(to, site, isSame);
      var images = images(sourceSite.name());
      var moved = new MovedImages(sourceSite, site, images);
      var copied =
          isSame ? new MovedImages.Copied(images.size(), 0, 0, List.of()) : copy(moved, listener);
      var where =
          new Relocation.Target(
              target.shownDatabase(),
              site.place(),
              config,
              clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
      long rows = rows(sourceSite, to, site, moved.sessions(), where, listener);
      finish(to, site, isSame);
      return new Moved(
          where, false, copied.images(), copied.chunks(), copied.bytes(), copied.damaged(), rows);
    }
  }

  /**
   * Another installation's database must not get the schema of this version before it is refused.
   */
  private void refuseOlderSchema() throws IOException {
    try (var to = Database.openAsIs(target.databaseUrl(), target.node())) {
      boolean isOlder = to.schemaVersion().isPresent() && !to.isUpToDate();
      if (isOlder && to.read(Relocation::source).isEmpty()) {
        requireEmpty("the schema of an older version of Platen");
      }
    }
  }

  private static MovedImages.Copied copy(MovedImages images, Listener listener) throws IOException {
    var copied = images.copy(false, listener);
    if (images.missing(listener) == 0) {
      return copied;
    }
    // Somebody removed what an earlier run had put there.
    var again = images.copy(true, listener);
    long missing = images.missing(listener);
    if (missing > 0) {
      throw new IOException(
          "%d chunks that were copied are not in the store: something removes them there"
              .formatted(missing));
    }
    return new MovedImages.Copied(
        again.images(),
        copied.chunks() + again.chunks(),
        copied.bytes() + again.bytes(),
        again.damaged());
  }

  private void requireSource(Site site) throws IOException {
    MovedRows.requireNothingUnderWay(from, source.data().root());
    var identity = new StoreIdentity(site, from, source.shownDatabase(), clock);
    var objection = new StoreMatch(site, source.shownDatabase(), from, identity).objection();
    if (objection.isPresent()) {
      throw new IOException("nothing is moved: " + objection.get());
    }
  }

  /** Takes the target, or refuses what is somebody else's. */
  private void begin(Database to, Site site, boolean isSame) throws IOException {
    var own = new Relocation.Source(claimant.id(), source.data().root().toString());
    to.<Boolean, IOException>transaction(
        handle -> {
          if (Relocation.source(handle).isEmpty()) {
            requireEmpty(EmptyDatabase.held(handle));
            var nodes = handle.createQuery("SELECT name FROM node").mapTo(String.class).list();
            requireEmpty(nodes.isEmpty() ? "" : "the nodes " + String.join(", ", nodes));
          }
          var known = Relocation.begin(handle, own);
          if (!known.directory().equals(own.directory())) {
            throw new IOException(
                "%s is being filled from the data directory %s, not from %s: name another database"
                    .formatted(target.shownDatabase(), known.path(), own.path()));
          }
          return true;
        });
    if (isSame) {
      return;
    }
    var identity = identity(to, site);
    identity.establish(() -> isEmpty(site));
    if (!identity.isEstablished()) {
      throw new IOException(
          "%s is not empty, and nothing is moved over what is there: name another bucket or prefix in the configuration%s"
              .formatted(
                  site.place(), identity.mismatch().map(why -> " (" + why + ")").orElse("")));
    }
  }

  private void requireEmpty(String held) throws IOException {
    if (!held.isEmpty()) {
      throw new IOException(
          "%s is another installation's, and nothing is moved over that: it holds %s. Name another database in the configuration, or make this one anew"
              .formatted(target.shownDatabase(), held));
    }
  }

  private static boolean isEmpty(Site site) throws IOException {
    var any = new boolean[1];
    site.indexes().list(name -> any[0] = true);
    site.manifests().list(name -> any[0] = true);
    return !any[0] && site.dumps().names().isEmpty() && site.chunks().isEmpty();
  }

  private StoreIdentity identity(Database to, Site site) {
    return new StoreIdentity(site, to, target.shownDatabase(), clock);
  }

  /** The images that the database needs. */
  private List<MovedImages.Image> images(String store) {
    // No list is asked for, so that no cursor is signed.
    var templates = new TemplateRepository(new Cursors(new byte[32]));
    return from.read(
        handle -> {
          var found = new ArrayList<MovedImages.Image>();
          String after = "";
          List<NeededTemplate> page;
          do {
            page = templates.needed(handle, store, after, 1000);
            for (var template : page) {
              after = template.id();
              String digest = template.indexDigest();
              if (digest != null) {
                found.add(
                    new MovedImages.Image(
                        template.id(),
                        template.name(),
                        digest,
                        MovedRows.diskBytes(handle, template.id()),
                        templates.damage(handle, template.id()).isPresent()));
              }
            }
          } while (!page.isEmpty());
          return found;
        });
  }

  /** Moves the rows, and marks the source, while nobody may write to it. */
  private long rows(
      Site sourceSite,
      Database to,
      Site site,
      Map<String, Long> sessions,
      Relocation.Target where,
      Listener listener)
      throws IOException {
    listener.advanced("rows", 0, 1);
    var rows = new MovedRows(source, sourceSite, target, site, clock);
    long written =
        from.<Long, IOException>transaction(
            handle -> {
              MovedRows.requireNothingUnderWay(handle, source.data().root());
              long count = rows.move(from, to, sessions);
              claim(to);
              Relocation.move(handle, where);
              return count;
            });
    listener.advanced("rows", 1, 1);
    return written;
  }

  /** Has the rows be those of this node, before another one starts. */
  private void claim(Database to) throws IOException {
    try {
      DatabaseClaim.take(to, claimant, false).close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private Moved finished(Relocation.Target before, Database to, Site site) throws IOException {
    if (!before.database().equals(target.shownDatabase()) || !before.store().equals(site.place())) {
      throw new IOException(
          "%s was moved to %s, not to %s with the store in %s"
              .formatted(
                  source.shownDatabase(), before.words(), target.shownDatabase(), site.place()));
    }
    var filled = to.read(Relocation::source);
    if (filled.isPresent()) {
      finish(to, site, site.place().equals(Site.of(source, from).place()));
    }
    return new Moved(before, true, 0, 0, 0, List.of(), 0);
  }

  /** What follows once the source is marked; it may be done again. */
  private void finish(Database to, Site site, boolean isSame) throws IOException {
    if (isSame) {
      var _ = identity(to, site).attach();
    }
    new DirectoryFile(target).remember(claimant);
    to.change(Relocation::end);
  }

  @Override
  public void close() throws IOException {
    from.close();
    lock.close();
  }
}
