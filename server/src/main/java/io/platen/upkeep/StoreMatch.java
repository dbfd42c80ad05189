package io.platen.upkeep;

import io.platen.chunkstore.ChunkSample;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.template.IndexListing;
import io.platen.template.KnownTemplates;
import io.platen.template.ManifestChanges;
import io.platen.template.Manifests;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Whether the store is the one that the database describes. Where it is not, nothing that the
 * database calls unneeded may be removed: an older database, an empty one, or another
 * installation's does not know what the store holds.
 *
 * <p>The store is looked at first and the database is asked second: the row of a template is
 * written before its chunks and its index are.
 */
public final class StoreMatch {
  private static final Logger LOG = Logger.getLogger(StoreMatch.class);

  /** How many templates, and how many chunks of each, are looked for in the store. */
  private static final int SAMPLE = 16;

  /** How soon it is noticed that an objection was seen to. */
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final Site site;
  private final String shownDatabase;
  private final Database database;
  private final StoreIdentity identity;

  /** Whether the last check had an objection; true until there was one. */
  private volatile boolean doubtful = true;

  private volatile long checkedNanos = System.nanoTime() - RECHECK.toNanos();

  /**
   * @param shownDatabase the database, as people may see it
   */
  public StoreMatch(Site site, String shownDatabase, Database database, StoreIdentity identity) {
    this.site = site;
    this.shownDatabase = shownDatabase;
    this.database = database;
    this.identity = identity;
  }

  private IndexListing listing() throws IOException {
    return IndexListing.of(site.name(), site.indexes(), new Manifests(site.manifests()), database);
  }

  /**
   * Why nothing may be removed from the store, with the remedy; empty where the store is the
   * database's. Changes nothing.
   *
   * @throws IOException where the store or the indexes can't be read
   */
  public Optional<String> objection() throws IOException {
    var files = listing();
    var seen = seen(files);
    return objection(files, database.read(handle -> next(handle, files, seen)));
  }

  /**
   * As {@link #objection}, and has the database remember a store that is not its own: templates
   * that it gets from now on do not make it know the others.
   */
  Optional<String> check() throws IOException {
    var files = listing();
    var seen = seen(files);
    var mark = database.read(handle -> next(handle, files, seen));
    if (!database.read(handle -> StoreMark.find(handle, site.name())).equals(Optional.of(mark))) {
      database.change(handle -> next(handle, files, seen).write(handle, site.name()));
    }
    if (!files.untold().isEmpty()) {
      // Lost, or put back from a backup: they are written anew.
      database.change(handle -> files.untold().forEach(id -> ManifestChanges.changed(handle, id)));
    }
    var objection = objection(files, mark);
    checkedNanos = System.nanoTime();
    doubtful = objection.isPresent();
    return objection;
  }

  /**
   * As {@link #check}, where that had no objection a moment ago. What could have happened since is
   * that another database was put back. Of a bucket no manifest is read again for that, which is a
   * request for each: a database that knows every index has the templates of all of them, an older
   * one among them, and what it calls purged is purged for good. In a collection the lease tells an
   * older one besides.
   */
  Optional<String> checkAgain() throws IOException {
    boolean isSame =
        site.isInBucket()
            && !doubtful
            && identity.mismatch().isEmpty()
            && IndexListing.areAllKnown(site.indexes(), database)
            && database
                .read(handle -> StoreMark.find(handle, site.name()))
                .equals(Optional.of(StoreMark.OURS));
    return isSame ? Optional.empty() : check();
  }

  /**
   * As {@link #check}, of some templates alone, where that had no objection to the others a moment
   * ago.
   */
  Optional<String> checkTold(List<String> ids) throws IOException {
    var manifests = new Manifests(site.manifests());
    return IndexListing.areTold(site.name(), ids, manifests, database) ? Optional.empty() : check();
  }

  /**
   * Whether the database may be the wrong one, so that nothing of what it alone says, that a
   * template is gone, for example, may go into the store. Looks again now and then as long as that
   * is so.
   *
   * @throws IOException where the store or the indexes can't be read
   */
  public boolean isDoubtful() throws IOException {
    return doubtful
        && (System.nanoTime() - checkedNanos < RECHECK.toNanos() || check().isPresent());
  }

  /**
   * Has a database without templates remember whether the store is empty. To be called before a
   * template is written: from then on it can't be seen that the database knows nothing of what was
   * there.
   */
  public void meet() throws IOException {
    if (!database.read(handle -> KnownTemplates.hasAny(handle, site.name()))) {
      check();
    }
  }

  /** Whether the store is known not to be the database's. */
  public boolean isForeign() throws IOException {
    return database
            .read(handle -> StoreMark.find(handle, site.name()))
            .equals(Optional.of(StoreMark.FOREIGN))
        || identity.mismatch().isPresent();
  }

  /** Refuses to change a store that is known not to be the database's. */
  void requireOwn() throws IOException {
    identity.requireOwn();
  }

  /**
   * Whether an index without a manifest and without a row is one that no template needs: this is
   * the database's store, and every manifest that must be there is.
   */
  boolean isEveryIndexTold() throws IOException {
    return identity.isEstablished() && listing().isComplete();
  }

  /**
   * Has the store and the database know each other from now on, where neither knows anything yet
   * and the one is the other's.
   */
  public void establish() throws IOException {
    identity.establish(() -> check().isEmpty());
  }

  /**
   * What is to be remembered. A database may have forgotten that there are copies of templates in
   * the store, which it knows from the store that they were captured into: it knows of what this
   * one holds all the same, and so does one that the store names and that has called it its own,
   * once such copies are removed.
   */
  private StoreMark next(Handle handle, IndexListing files, Seen seen) {
    String store = site.name();
    var before = StoreMark.find(handle, store);
    boolean isKnown =
        KnownTemplates.hasAny(handle, store)
            || files.known() > 0
            || (seen.established() && before.equals(Optional.of(StoreMark.OURS)));
    return StoreMark.next(before, isKnown, seen.empty());
  }

  /**
   * What is seen of the store itself.
   *
   * @param established whether it and the database name each other
   */
  private record Seen(boolean empty, boolean established) {}

  private Seen seen(IndexListing files) throws IOException {
    return new Seen(files.indexes() == 0 && site.chunks().isEmpty(), identity.isEstablished());
  }

  private Optional<String> objection(IndexListing files, StoreMark mark) throws IOException {
    var mismatch = identity.mismatch();
    if (mismatch.isPresent()) {
      return mismatch;
    }
    if (mark == StoreMark.FOREIGN) {
      return Optional.of(
          "%s holds templates from before the database %s was made, which knows none of them. Put their own database back, or make it again: put an empty one in the place of this one, and run \"platen store recover\". Or, if nothing of them is wanted, stop the server and move store.castr, index, manifest and cache out of %s"
              .formatted(site.place(), shownDatabase, site.place()));
    }
    if (files.unknown().count() > 0) {
      return Optional.of(neverKnown(files.unknown()));
    }
    if (files.leftovers().count() > 0 && !(identity.isEstablished() && files.isComplete())) {
      return Optional.of(neverKnown(files.leftovers()));
    }
    if (files.newer().count() > 0) {
      return Optional.of(
          "the manifests of %d templates in %s tell of changes that the database %s does not know: %s. If an older database was put back, put back the newer one; or, if this one is right, run \"platen store attach\""
              .formatted(
                  files.newer().count(),
                  site.manifests().place(),
                  shownDatabase,
                  files.newer().words()));
    }
    if (files.later().count() > 0) {
      return Optional.of(
          "a newer version of Platen wrote the manifests of %d templates in %s: %s. Run that version; or, where it will never be used here again, move these files (ID.json) to another directory, and they are written anew"
              .formatted(files.later().count(), site.manifests().place(), files.later().words()));
    }
    if (mark == StoreMark.ATTACHED) {
      return Optional.of(
          "the database %s has no template yet, so all that %s holds would go. Collections begin with its first template; if nothing in the store is wanted, stop the server and move store.castr, index, manifest and cache out of %s"
              .formatted(shownDatabase, site.place(), site.place()));
    }
    var unlisted = noIndexes(files);
    if (unlisted.isPresent()) {
      return unlisted;
    }
    var sample = sample();
    return sample.missing() * 2 > sample.looked() ? Optional.of(lacks(sample)) : Optional.empty();
  }

  /**
   * Why templates must not be called damaged, with the remedy: the store, or the indexes, are not
   * there at all. Changes nothing.
   *
   * @throws IOException where the store or the indexes can't be read
   */
  Optional<String> absence() throws IOException {
    var unlisted = noIndexes(listing());
    if (unlisted.isPresent()) {
      return unlisted;
    }
    var sample = sample();
    return sample.looked() > 0 && sample.missing() == sample.looked()
        ? Optional.of(lacks(sample))
        : Optional.empty();
  }

  private Optional<String> noIndexes(IndexListing files) {
    long published = database.read(handle -> KnownTemplates.countPublished(handle, site.name()));
    return files.indexes() == 0 && published > 0
        ? Optional.of(
            "%s holds no index, and the database %s has %d templates. Mount the file system that holds the indexes, or restore them from a backup; or purge these templates"
                .formatted(site.indexes().place(), shownDatabase, published))
        : Optional.empty();
  }

  private String lacks(ChunkSample sample) {
    return "%s lacks %d of %d chunks that were looked for. Mount the file system that holds the store, or restore it from a backup; or, if the chunks are lost, purge the templates that \"platen verify\" names"
        .formatted(site.chunks().place(), sample.missing(), sample.looked());
  }

  private String neverKnown(IndexListing.Named indexes) {
    return "%s holds %d indexes of templates that the database %s has never known: %s. If an older database was put back, put back the newer one; or take them on with \"platen store recover\", which names the teams that you have to confirm; if these templates are not wanted, move their files (ID.caibx, and ID.json of %s) to another directory"
        .formatted(
            site.indexes().place(),
            indexes.count(),
            shownDatabase,
            indexes.words(),
            site.manifests().place());
  }

  /** Some chunks of some templates. */
  private ChunkSample sample() throws IOException {
    var all = ChunkSample.NONE;
    List<String> ids =
        database.read(handle -> KnownTemplates.published(handle, site.name(), SAMPLE));
    for (var id : ids) {
      try (var index = site.indexes().open(id)) {
        all = all.plus(ChunkSample.of(index, site.chunks(), SAMPLE));
      } catch (IndexMissing | IndexCorrupt e) {
        // A collection stops at it, with a message of its own.
        LOG.debugf("the index of %s can't be read: %s", id, e.getMessage());
      }
    }
    return all;
  }
}
