package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.launch.BaseImages;
import io.platen.template.IndexFiles;
import io.platen.template.ManifestWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Frees what nothing needs: indexes of templates that are purged, then the chunks that no index
 * names, then base images beyond the cache's limit. Where the store is not the database's, and at
 * an index that can't be read, it stops before it has changed anything.
 */
final class Collection {
  private static final Logger LOG = Logger.getLogger(Collection.class);

  private final StoreMaintenance store;
  private final NeededIndexes needed;
  private final IndexFiles indexes;
  private final ManifestWriter manifests;
  private final BaseImages baseImages;
  private final StoreMatch match;

  /** The store takes one collection at a time. */
  private final ReentrantLock one = new ReentrantLock();

  Collection(
      StoreMaintenance store,
      NeededIndexes needed,
      IndexFiles indexes,
      ManifestWriter manifests,
      BaseImages baseImages,
      StoreMatch match) {
    this.store = store;
    this.needed = needed;
    this.indexes = indexes;
    this.manifests = manifests;
    this.baseImages = baseImages;
    this.match = match;
  }

  /**
   * Collects, after the collection that is under way, if any.
   *
   * @param dryRun whether only to count
   * @throws IOException where the store is not the database's, or an index can't be read, which the
   *     message names with the remedy: nothing is changed then; or something can't be removed
   */
  CollectReport run(boolean dryRun, Pace pace, Cancellation cancellation) throws IOException {
    one.lock();
    try {
      require(match.check());
      requireKnownMachines();
      if (!dryRun) {
        tellAll();
      }
      // Of these no index is listed from here on, so that none of their chunks is marked.
      List<String> ended = dryRun ? List.of() : manifests.tombstones();
      var removal = new IndexRemoval(dryRun);
      var collected = store.collect(new MatchedRoots(), dryRun, pace, removal, cancellation);
      manifests.removeTombstones(ended);
      var evicted = dryRun ? BaseImages.Evicted.NOTHING : baseImages.evict();
      return CollectReport.of(dryRun, removal.removed(), collected, evicted);
    } catch (IndexCorrupt e) {
      throw new IOException(
          "nothing is removed from here on, since it can't be known which chunks are needed: %s. Restore that index from a backup, or purge its template (platen template purge, or platen os-template delete --purge) and delete the machines made from it. \"platen verify\" names every template with such an index"
              .formatted(e.getMessage()),
          e);
    } finally {
      one.unlock();
    }
  }

  /** Removes base images beyond the cache's limit. */
  void evict() throws IOException {
    var evicted = baseImages.evict();
    LOG.debugf("base images beyond the limit: %s", evicted);
  }

  /** What is deleted goes in this collection, and not in the next one. */
  private void tellAll() {
    try {
      manifests.tellAll();
    } catch (IOException e) {
      LOG.warnf("manifests are behind: %s", e.getMessage());
    }
  }

  private static void require(Optional<String> objection) throws IOException {
    if (objection.isPresent()) {
      throw new IOException("nothing is removed: " + objection.get());
    }
  }

  /** Of what only an unknown machine needs, no root would name the chunks. */
  private void requireKnownMachines() throws IOException {
    var held = indexes.heldByUnknown();
    if (!held.isEmpty()) {
      var first = held.entrySet().iterator().next();
      throw new IOException(
          "nothing is removed: the database does not know the machine %s, which is here and was launched from the purged template %s. Take it on again (platen machine recover), or move its directory away"
              .formatted(first.getValue(), first.getKey()));
    }
  }

  /** The needed indexes, where the database is still the store's once all of them were listed. */
  private final class MatchedRoots implements IndexRoots {
    @Override
    public void list(Visitor visitor) throws IOException {
      needed.list(visitor);
      // Reading them may take minutes, in which an older database may have been put back.
      require(match.checkAgain());
    }

    @Override
    public Index open(String name) throws IOException {
      return needed.open(name);
    }

    @Override
    public boolean isNeeded(String name) {
      return needed.isNeeded(name);
    }
  }

  /** Removes indexes once all that are needed were read, and before the first chunk goes. */
  private final class IndexRemoval implements CollectionListener {
    private final boolean dryRun;
    private List<String> removed = List.of();

    IndexRemoval(boolean dryRun) {
      this.dryRun = dryRun;
    }

    @Override
    public void marked() throws IOException {
      var all = new ArrayList<>(dryRun ? indexes.allUnused() : indexes.removeAllUnused());
      var leftovers = indexes.leftovers();
      // That is known of all manifests once each was read, which is for nothing most of the time.
      if (!leftovers.isEmpty() && match.isEveryIndexTold()) {
        all.addAll(dryRun ? leftovers : indexes.removeLeftovers());
      }
      removed = List.copyOf(all);
    }

    List<String> removed() {
      return removed;
    }
  }
}
