package io.platen.upkeep;

import io.platen.chunkstore.ChunkSample;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.template.IndexListing;
import io.platen.template.KnownTemplates;
import java.io.IOException;
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

  private final Site site;
  private final String shownDatabase;
  private final Database database;

  /**
   * @param shownDatabase the database, as people may see it
   */
  public StoreMatch(Site site, String shownDatabase, Database database) {
    this.site = site;
    this.shownDatabase = shownDatabase;
    this.database = database;
  }

  /**
   * Why nothing may be removed from the store, with the remedy; empty where the store is the
   * database's. Changes nothing.
   *
   * @throws IOException where the store or the indexes can't be read
   */
  public Optional<String> objection() throws IOException {
    var files = IndexListing.of(site.indexes(), database);
    boolean empty = files.indexes() == 0 && site.chunks().isEmpty();
    return objection(files, database.read(handle -> next(handle, empty)));
  }

  /**
   * As {@link #objection}, and has the database remember a store that is not its own: templates
   * that it gets from now on do not make it know the others.
   */
  Optional<String> check() throws IOException {
    var files = IndexListing.of(site.indexes(), database);
    boolean empty = files.indexes() == 0 && site.chunks().isEmpty();
    var mark = database.read(handle -> next(handle, empty));
    if (!database
        .read(handle -> StoreMark.find(handle, database.node()))
        .equals(Optional.of(mark))) {
      database.change(handle -> next(handle, empty).write(handle, database.node()));
    }
    return objection(files, mark);
  }

  /**
   * Has a database without templates remember whether the store is empty. To be called before a
   * template is written: from then on it can't be seen that the database knows nothing of what was
   * there.
   */
  public void meet() throws IOException {
    if (!database.read(handle -> KnownTemplates.hasAny(handle, database.node()))) {
      check();
    }
  }

  /** Whether the database remembers that the store is not its own. */
  public boolean isForeign() {
    return database
        .read(handle -> StoreMark.find(handle, database.node()))
        .equals(Optional.of(StoreMark.FOREIGN));
  }

  private StoreMark next(Handle handle, boolean empty) {
    String store = database.node();
    return StoreMark.next(
        StoreMark.find(handle, store), KnownTemplates.hasAny(handle, store), empty);
  }

  private Optional<String> objection(IndexListing files, StoreMark mark) throws IOException {
    if (mark == StoreMark.FOREIGN) {
      return Optional.of(
          "%s holds templates from before the database %s was made, which knows none of them. Put their own database back; or, if nothing of them is wanted, stop the server and move store.castr, index and cache out of %s"
              .formatted(site.place(), shownDatabase, site.place()));
    }
    if (files.unknown() > 0) {
      return Optional.of(
          "%s holds %d indexes of templates that the database %s has never known: %s. If an older database was put back, put back the newer one; if these templates are not wanted, move their files (ID.caibx) to another directory"
              .formatted(site.indexes().place(), files.unknown(), shownDatabase, examples(files)));
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
    var unlisted = noIndexes(IndexListing.of(site.indexes(), database));
    if (unlisted.isPresent()) {
      return unlisted;
    }
    var sample = sample();
    return sample.looked() > 0 && sample.missing() == sample.looked()
        ? Optional.of(lacks(sample))
        : Optional.empty();
  }

  private Optional<String> noIndexes(IndexListing files) {
    long published =
        database.read(handle -> KnownTemplates.countPublished(handle, database.node()));
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

  private static String examples(IndexListing files) {
    String listed = String.join(", ", files.examples());
    long more = files.unknown() - files.examples().size();
    return more == 0 ? listed : "%s and %d more".formatted(listed, more);
  }

  /** Some chunks of some templates. */
  private ChunkSample sample() throws IOException {
    var all = ChunkSample.NONE;
    List<String> ids =
        database.read(handle -> KnownTemplates.published(handle, database.node(), SAMPLE));
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
